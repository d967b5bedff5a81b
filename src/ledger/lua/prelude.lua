-- Shared by the scripts that read or write people. Put in front of each of them; not a script of its own.
--
-- A person is one JSON record in the hash `people`, under the canonical spelling of the first identifier
-- that was seen. `links` maps every further canonical spelling to that field, so that somebody known by one
-- identifier alone costs no link. Record:
--   v   version of the form, 1
--   c   canonical spellings
--   m   every spelling, as it stands in the suppression sets
--   r   registers by name: { s = time of the newest stop, b = time of the newest start ("back") }
--       names: `all`, a topic, or `marketing@settings` for what was set in WhatsApp's own settings
--   k   time of the last message of each kind that was queued, for the cool-down
--   j   the job of the last message that was queued
--   mv  where the person went: { { to = { { c, m } .. }, t = time } .. }
--   ab  times at which identifiers were given up: { canonical = time }
-- What was said and done stands beside it, in the hash `evidence` under the same field: one JSON object a
-- line, in the order of arrival, at most 12, so that adding one reads none.
-- Times are unix milliseconds. Registers only grow, and stop wins at equal times, so the order in which
-- events arrive, and how often, does not matter.

local MAX_EVIDENCE = 12
local MAX_MOVES = 8

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

local function covers(scopes, scope)
  return scopes.all or scopes[scope] or false
end

local function has_stop(record)
  for _, register in pairs(record.r) do
    if register.s then return true end
  end
  return false
end

local function add_once(list, item)
  for _, known in ipairs(list) do
    if known == item then return false end
  end
  list[#list + 1] = item
  return true
end

local function raise(record, name, field, time)
  local register = record.r[name]
  if not register then
    register = {}
    record.r[name] = register
  end
  if time > (register[field] or 0) then register[field] = time end
end

-- Adds lines of evidence; of too many, the oldest that changed nothing goes first.
local function add_lines(known, lines)
  local all = known and known .. '\n' .. lines or lines
  local _, breaks = string.gsub(all, '\n', '\n')
  if breaks < MAX_EVIDENCE then return all end
  local list = {}
  for line in string.gmatch(all, '[^\n]+') do list[#list + 1] = line end
  while #list > MAX_EVIDENCE do
    local victim = 1
    for index, line in ipairs(list) do
      if not string.find(line, '"ap":1', 1, true) then
        victim = index
        break
      end
    end
    table.remove(list, victim)
  end
  return table.concat(list, '\n')
end

local function empty_record()
  return { v = 1, c = {}, m = {}, r = {}, k = {}, mv = {}, ab = {} }
end

local function decode(text)
  local record = cjson.decode(text)
  for _, field in ipairs({ 'c', 'm', 'r', 'k', 'mv', 'ab' }) do
    record[field] = record[field] or {}
  end
  return record
end

local function encode(record)
  local kept = {}
  for field, value in pairs(record) do
    -- An empty table would come back as an object or an array by chance.
    if type(value) ~= 'table' or next(value) ~= nil then kept[field] = value end
  end
  return cjson.encode(kept)
end

local function merge(into, from)
  for _, canonical in ipairs(from.c) do add_once(into.c, canonical) end
  for _, spelling in ipairs(from.m) do add_once(into.m, spelling) end
  for name, register in pairs(from.r) do
    if register.s then raise(into, name, 's', register.s) end
    if register.b then raise(into, name, 'b', register.b) end
  end
  for kind, time in pairs(from.k) do into.k[kind] = math.max(into.k[kind] or 0, time) end
  for _, move in ipairs(from.mv) do into.mv[#into.mv + 1] = move end
  for canonical, time in pairs(from.ab) do into.ab[canonical] = math.max(into.ab[canonical] or 0, time) end
end

-- The field of `people` that holds somebody known by this canonical spelling.
local function field_of(links, canonical)
  return redis.call('HGET', links, canonical) or canonical
end

-- Finds the one person that all `ids` belong to, merging records that turn out to be one. Writes nothing.
-- Returns a table: `record`, its `field`, the fields `gone` that were merged into it, whether it was `known`,
-- `before`, the scopes that any of the merged records refused, and `linked`, the fields that the ids point to.
local function find(people, links, ids)
  local found = { gone = {}, known = false, before = {}, linked = {} }
  local canonical = {}
  for index, id in ipairs(ids) do canonical[index] = id.c end
  local targets = redis.call('HMGET', links, unpack(canonical))
  local fields, seen = {}, {}
  for index, c in ipairs(canonical) do
    local field = targets[index] or c
    found.linked[c] = field
    if not seen[field] then
      seen[field] = true
      fields[#fields + 1] = field
    end
  end
  local texts = redis.call('HMGET', people, unpack(fields))
  for index, field in ipairs(fields) do
    if texts[index] then
      local record = decode(texts[index])
      for scope in pairs(refused(record)) do found.before[scope] = true end
      if found.known then
        merge(found.record, record)
        found.gone[field] = true
      else
        found.record, found.field, found.known = record, field, true
      end
    end
  end
  found.record = found.record or empty_record()
  found.field = found.field or canonical[1]
  found.had_stop = found.known and has_stop(found.record)
  for _, id in ipairs(ids) do
    add_once(found.record.c, id.c)
    for _, spelling in ipairs(id.m) do add_once(found.record.m, spelling) end
  end
  return found
end
