-- Who somebody is and what they refused at a time; not a script of its own.

local people, lines_of, changed_lines = {}, {}, {}

local function read_records(fields)
  local unread, asked = {}, {}
  for _, field in ipairs(fields) do
    if people[field] == nil and not asked[field] then
      asked[field] = true
      unread[#unread + 1] = field
    end
  end
  local links = {}
  for field, value in pairs(read_fields_of(KEYS[1], unread)) do
    local link = value and link_of(value)
    if link then
      people[field] = link
      links[#links + 1] = link
    else
      people[field] = value and decode(value) or false
    end
  end
  return links
end

-- Reads everybody with these fields in two commands: the records, and those that links point to.
local function read_everybody(fields)
  local links = read_records(fields)
  if #links > 0 then read_records(links) end
end

-- The record of somebody and its field, or nothing.
local function record_of(field)
  local record = people[field]
  if type(record) == 'string' then
    field = record
    record = people[field]
  end
  if type(record) ~= 'table' then return nil end
  return record, field
end

local function evidence_of(field)
  if lines_of[field] == nil then
    local list = {}
    for line in string.gmatch(redis.call('HGET', KEYS[2], field) or '', '[^\n]+') do list[#list + 1] = line end
    lines_of[field] = list
  end
  return lines_of[field]
end

local function decoded(line)
  local fine, entry = pcall(cjson.decode, line)
  return fine and type(entry) == 'table' and entry or {}
end

-- The registers that a piece of evidence wrote.
local function registers_of(entry)
  if entry.source == 'preference' and entry.rule ~= 'preference/signup' or entry.source == 'refused' then
    return { 'marketing@settings' }
  end
  if entry.act == 'start' and entry.scope == 'marketing' then return { 'marketing', 'marketing@settings' } end
  return { entry.scope }
end

-- Every stop and start of a person: { register, time, since when the list says it }. The evidence has the time of
-- writing; what it does not have any more is taken from the registers.
local function decisions_of(record, field)
  local stops, starts, seen, unclear = {}, {}, {}, 0
  for _, line in ipairs(evidence_of(field)) do
    local entry = decoded(line)
    local time, written = tonumber(entry.t) or 0, tonumber(entry.w) or 0
    if entry.act == 'link' or entry.act == 'move' then
      unclear = math.max(unclear, written)
    elseif entry.act == 'stop' or entry.act == 'reason' or entry.act == 'start' then
      for _, name in ipairs(registers_of(entry)) do
        local register = record.r[name] or {}
        -- A reason counts where it was the decision to leave.
        if entry.act ~= 'reason' or register.s == time then
          local list = entry.act == 'start' and starts or stops
          list[#list + 1] = { name, time, math.max(time, written) }
          seen[name .. (entry.act == 'start' and 'b' or 's') .. text_of(time)] = true
        end
      end
    end
  end
  for name, register in pairs(record.r) do
    if register.s and not seen[name .. 's' .. text_of(register.s)] then
      stops[#stops + 1] = { name, register.s, register.s }
    end
    if register.b and not seen[name .. 'b' .. text_of(register.b)] then
      starts[#starts + 1] = { name, register.b, register.b }
    end
  end
  return stops, starts, unclear
end

-- Since when the list said, at `time` less `grace`, that somebody refuses `scope` itself; nothing when it did not.
-- Without a grace: since when the person had said so, whenever that was written.
local function refused_since(record, field, scope, time, grace)
  if not has_stop(record) then return nil end
  local stops, starts, unclear = decisions_of(record, field)
  -- Who was only then shown to be this person was not refused by this name before.
  if grace and unclear + grace > time then return nil end
  local names = { [scope] = true }
  if scope == 'marketing' then names['marketing@settings'] = true end
  local since
  for _, stop in ipairs(stops) do
    local known = grace and stop[3] + grace or stop[2]
    if names[stop[1]] and known <= time then
      local lifted = false
      for _, start in ipairs(starts) do
        local concerns = start[1] == stop[1] or start[1] == 'all'
        if concerns and start[2] > stop[2] and start[2] <= time then lifted = true end
      end
      if not lifted then since = math.min(since or stop[3], stop[3]) end
    end
  end
  return since
end

-- Writes into the evidence which message provoked a decision: the newest that `is_it` takes.
local function attribute(field, is_it, labels, how)
  local lines = evidence_of(field)
  for index = #lines, 1, -1 do
    if is_it(lines[index]) then
      local plain = string.gsub(lines[index], ',"for":%b{}}$', '}')
      local fact = cjson.encode({ template = labels[1], topic = labels[2], campaign = labels[3], how = how })
      lines[index] = string.sub(plain, 1, -2) .. ',"for":' .. fact .. '}'
      changed_lines[field] = true
      return true
    end
  end
  return false
end

local function write_attributions()
  for field in pairs(changed_lines) do
    redis.call('HSET', KEYS[2], field, table.concat(lines_of[field], '\n'))
  end
end
