-- Third part of `apply.lua`: what was decided, written.

local MAX_EVIDENCE = 12

local function encode(record)
  -- An empty table would come back as an object or an array by chance.
  for _, field in ipairs(PARTS) do
    if next(record[field]) == nil then record[field] = nil end
  end
  return cjson.encode(record)
end

-- In pieces, because a call takes only so many arguments.
local function in_pieces(command, key, list)
  for from = 1, #list, 4000 do
    redis.call(command, key, unpack(list, from, math.min(from + 3999, #list)))
  end
end

local function write_sets()
  for scope, set in pairs(sets) do
    local added, removed = {}, {}
    for member, is in pairs(holds[scope]) do
      if is and not at_first[scope][member] then added[#added + 1] = member end
      if not is and at_first[scope][member] then removed[#removed + 1] = member end
    end
    in_pieces('SADD', set, added)
    in_pieces('SREM', set, removed)
  end
end

local function write_jobs()
  for _, job in ipairs(outdated) do
    finish(KEYS[6], KEYS[7], KEYS[8], job, 'dropped', 'superseded', tonumber(ARGV[5]))
  end
  for _, job in ipairs(queue) do
    redis.call('ZADD', KEYS[6], now, job.id)
    redis.call('HSET', KEYS[7], job.id, cjson.encode(job))
  end
end

local function write_people()
  local fields, rest, busy = {}, {}, {}
  for record, its in pairs(about) do
    if its.changed and not its.gone then
      if not has_stop(record) then
        rest[#rest + 1] = now
        rest[#rest + 1] = its.field
      elseif its.stored and not its.had_stop then
        busy[#busy + 1] = its.field
      end
      fields[#fields + 1] = its.field
      fields[#fields + 1] = encode(record)
    elseif its.gone and its.stored then
      busy[#busy + 1] = its.field
    end
  end
  for canonical, field in pairs(links) do
    -- A record that was merged since has taken its links along.
    local record = known[field]
    while type(record) == 'string' do
      field = record
      record = known[field]
    end
    fields[#fields + 1] = canonical
    fields[#fields + 1] = '=' .. field
  end
  for _, field in ipairs(touched) do
    rest[#rest + 1] = now
    rest[#rest + 1] = field
  end
  in_pieces('HSET', KEYS[1], fields)
  in_pieces('ZADD', KEYS[3], rest)
  in_pieces('ZREM', KEYS[3], busy)
end

-- Adds lines of evidence; of too many, the oldest that changed nothing goes first.
local function add_lines(old, lines)
  local all = old and old .. '\n' .. lines or lines
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

local function write_evidence()
  local fields, lines, stored = {}, {}, {}
  for record, its in pairs(about) do
    if its.stored then stored[its.field] = true end
  end
  local asked = {}
  for _, one in ipairs(remembered) do
    for _, field in ipairs({ one.into, one.from }) do
      if stored[field] and not asked[field] then
        asked[field] = true
        fields[#fields + 1] = field
      end
    end
  end
  if #fields > 0 then
    for index, text in ipairs(redis.call('HMGET', KEYS[2], unpack(fields))) do lines[fields[index]] = text or nil end
  end
  local gone, changed = {}, {}
  for _, one in ipairs(remembered) do
    local more = one.line or lines[one.from]
    if more then
      lines[one.into] = add_lines(lines[one.into], more)
      changed[one.into] = true
    end
    if one.goes then
      changed[one.from], lines[one.from] = nil, nil
      gone[#gone + 1] = one.from
    end
  end
  local list = {}
  for field in pairs(changed) do
    list[#list + 1] = field
    list[#list + 1] = lines[field]
  end
  in_pieces('HSET', KEYS[2], list)
  in_pieces('HDEL', KEYS[2], gone)
end

-- Adds to a stream. Only the last entry of a call trims: that costs as much as the entry.
local function tell(stream, most, is_last, ...)
  if is_last then
    redis.call('XADD', stream, 'MAXLEN', '~', most, '*', ...)
  else
    redis.call('XADD', stream, '*', ...)
  end
end

local function write_rest()
  for at = 1, #tells, 4 do
    tell(KEYS[4], ARGV[3], at + 4 > #tells,
      'identifier', tells[at], 'scope', tells[at + 1], 'change', tells[at + 2], 'time', tells[at + 3])
  end
  -- Without the person's words, which stay where they can be erased.
  for index, trail in ipairs(trails) do
    local event = trail[1]
    tell(KEYS[5], ARGV[4], index == #trails, 'act', event.act, 'scope', event.scope,
      'result', trail[2], 'person', trail[3], 'time', event.time_text, 'event', '{' .. event.reasons .. '}')
  end
  for claim, result in pairs(claims) do
    redis.call('SET', claim, result, 'PX', ARGV[2])
  end
end
