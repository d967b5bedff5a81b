-- First part of the general path of `apply.lua`: what is known, read in as few commands as possible.

local sets, set_at = { all = KEYS[9] }, 9
for topic in string.gmatch(ARGV[1], '[^,]+') do
  set_at = set_at + 1
  sets[topic] = KEYS[set_at]
end

-- What is known of `people`, by field: a record, a link (a string), or false for nothing.
local known = {}
-- By record: its field, whether it was stored, what it refused then, whether it held a stop, whether it changed.
local about = {}
-- By scope and member: whether the sets hold it, at first and now.
local at_first, holds = {}, {}
for scope in pairs(sets) do
  at_first[scope], holds[scope] = {}, {}
end

local function scope_of(register)
  local at = string.find(register, '@', 1, true)
  return at and string.sub(register, 1, at - 1) or register
end

-- Which scopes a record refuses. A start for everything counts against every register.
local function refused(record)
  local scopes = {}
  local floor = record.r.all and record.r.all.b or 0
  for name, register in pairs(record.r) do
    if register.s and register.s >= math.max(register.b or 0, floor) then
      scopes[scope_of(name)] = true
    end
  end
  return scopes
end

local function read_fields(fields)
  if #fields == 0 then return end
  for index, value in ipairs(redis.call('HMGET', KEYS[1], unpack(fields))) do
    local field = fields[index]
    local link = value and link_of(value)
    if link then
      known[field] = link
    elseif value then
      local record = decode(value)
      known[field] = record
      about[record] = { field = field, stored = true, before = refused(record), had_stop = has_stop(record) }
    else
      known[field] = false
    end
  end
end

-- Reads everybody with these identifiers that is not known yet, in at most two commands.
local function read_people(lists)
  local fields, asked = {}, {}
  for _, ids in ipairs(lists) do
    for _, id in ipairs(ids) do
      if known[id.c] == nil and not asked[id.c] then
        asked[id.c] = true
        fields[#fields + 1] = id.c
      end
    end
  end
  read_fields(fields)
  local targets = {}
  for _, field in ipairs(fields) do
    local link = known[field]
    if type(link) == 'string' and known[link] == nil and not asked[link] then
      asked[link] = true
      targets[#targets + 1] = link
    end
  end
  read_fields(targets)
end

local function read_members(scope, members)
  local unread
  local now_held = holds[scope]
  for _, member in ipairs(members) do
    if now_held[member] == nil then
      unread = unread or {}
      unread[#unread + 1] = member
    end
  end
  if not unread then return end
  for index, is in ipairs(redis.call('SMISMEMBER', sets[scope], unpack(unread))) do
    at_first[scope][unread[index]] = is == 1
    holds[scope][unread[index]] = is == 1
  end
end
