-- Before the other parts of `apply.lua`: the call that most calls are. Everybody in it refuses something, and
-- nothing is known of anybody: no record, no place in a set, no claim. Then there is nothing to decide, and what
-- is to be written was prepared by the caller. It must write what the other parts would write; a property
-- test holds the two against each other (`tests/it/ledger/plain.rs`).
--
-- It stands first because making the functions of the other parts costs more than its own reading.

local SLOTS, HEADER = 6, 9

local function plain()
  local call, byte = redis.call, string.byte
  local count, shape = tonumber(ARGV[7]), ARGV[8]
  local claims, first_claim = {}, tonumber(ARGV[9])
  local canonicals, members, topics = 0, 0, nil
  for at = 1, #shape, 4 do
    local c, m, set, claim = byte(shape, at, at + 3)
    canonicals, members = canonicals + c, members + m
    if set ~= 9 then
      topics = topics or {}
      topics[set] = {}
    end
    if claim == 1 then claims[#claims + 1] = KEYS[first_claim + #claims] end
  end
  local c_from = HEADER + SLOTS * count + 1
  local m_from = c_from + canonicals
  local m_to = m_from + members - 1

  if #claims > 0 then
    local handled = 0
    for _, result in ipairs(call('MGET', unpack(claims))) do
      if result then handled = handled + 1 end
    end
    if handled == count then
      -- The whole body once more.
      local answers = {}
      for index = 1, count do answers[index] = { 'duplicate', 0, 0, 0 } end
      return answers
    end
    if handled > 0 then return nil end
  end
  for _, value in ipairs(call('HMGET', KEYS[1], unpack(ARGV, c_from, m_from - 1))) do
    if value then return nil end
  end
  local function is_listed(set)
    for _, is in ipairs(call('SMISMEMBER', set, unpack(ARGV, m_from, m_to))) do
      if is == 1 then return true end
    end
    return false
  end
  if is_listed(KEYS[9]) then return nil end
  for set in pairs(topics or {}) do
    if is_listed(KEYS[set]) then return nil end
  end

  local now_text = string.format('%.0f', now)
  local answers, people, evidence, jobs, due, told, trails = {}, {}, {}, {}, {}, {}, {}
  local everything = topics and {}
  local name_of = topics and { [9] = 'all' }
  if topics then
    local set = 9
    for name in string.gmatch(ARGV[1], '[^,]+') do
      set = set + 1
      name_of[set] = name
    end
  end
  local slot, canonical, member = HEADER + 1, c_from, m_from
  for index = 1, count do
    local c, m, set = byte(shape, index * 4 - 3, index * 4 - 1)
    local scope = topics and name_of[set] or 'all'
    local field, time, reasons, job = ARGV[canonical], ARGV[slot + 1], ARGV[slot + 2], ARGV[slot + 5]
    local record, queued = ARGV[slot + 4], 0
    if job ~= '' and now < tonumber(string.sub(job, 33, 51)) then
      local id = string.sub(job, 1, 32)
      record = record .. ',"k":{"stopped":' .. now_text .. '},"j":"' .. id .. '"'
      jobs[#jobs + 1], due[#due + 1] = id, now_text
      jobs[#jobs + 1], due[#due + 1] = string.sub(job, 52) .. now_text .. '}', id
      queued = 1
    end
    local at = #people
    people[at + 1], people[at + 2] = field, record .. '}'
    for further = 1, c - 1 do
      people[at + 1 + 2 * further], people[at + 2 + 2 * further] = ARGV[canonical + further], '=' .. field
    end
    at = #evidence
    evidence[at + 1] = field
    evidence[at + 2] = '{"t":' .. time .. ',"w":' .. now_text .. ',"act":"stop","scope":"' .. scope
      .. '","ap":1,' .. reasons .. ARGV[slot + 3] .. '}'
    local mine = topics and (set == 9 and everything or topics[set])
    if mine then
      for one = member, member + m - 1 do mine[#mine + 1] = ARGV[one] end
    end
    at = #told
    told[at + 1], told[at + 2], told[at + 3], told[at + 4] = scope, time, member, member + m - 1
    at = #trails
    trails[at + 1], trails[at + 2], trails[at + 3], trails[at + 4] = scope, field, time, '{' .. reasons .. '}'
    answers[index] = { 'applied', queued, m, 0 }
    slot, canonical, member = slot + SLOTS, canonical + c, member + m
  end

  if not topics then
    call('SADD', KEYS[9], unpack(ARGV, m_from, m_to))
  else
    if #everything > 0 then call('SADD', KEYS[9], unpack(everything)) end
    for set, list in pairs(topics) do call('SADD', KEYS[set], unpack(list)) end
  end
  call('HSET', KEYS[1], unpack(people))
  call('HSET', KEYS[2], unpack(evidence))
  for at = 1, #told, 4 do
    local scope, time = told[at], told[at + 1]
    for one = told[at + 2], told[at + 3] do
      if one == m_to then
        call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[3], '*',
          'identifier', ARGV[one], 'scope', scope, 'change', 'stop', 'time', time)
      else
        call('XADD', KEYS[4], '*', 'identifier', ARGV[one], 'scope', scope, 'change', 'stop', 'time', time)
      end
    end
  end
  if #jobs > 0 then
    call('HSET', KEYS[7], unpack(jobs))
    call('ZADD', KEYS[6], unpack(due))
  end
  local last = #trails - 3
  for at = 1, last, 4 do
    if at == last then
      call('XADD', KEYS[5], 'MAXLEN', '~', ARGV[4], '*', 'act', 'stop', 'scope', trails[at],
        'result', 'applied', 'person', trails[at + 1], 'time', trails[at + 2], 'event', trails[at + 3])
    else
      call('XADD', KEYS[5], '*', 'act', 'stop', 'scope', trails[at],
        'result', 'applied', 'person', trails[at + 1], 'time', trails[at + 2], 'event', trails[at + 3])
    end
  end
  for _, claim in ipairs(claims) do call('SET', claim, 'applied', 'PX', ARGV[2]) end
  return answers
end

if ARGV[8] ~= '' then
  local answers = plain()
  if answers then return answers end
end
