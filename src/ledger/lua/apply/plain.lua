-- Before the other parts of `apply.lua`: the call that most calls are. Everybody in it refuses something, and
-- nothing is known of anybody: no record, no place in a set, no claim. Then there is nothing to decide, and what
-- is to be written was prepared by the caller. It must write what the other parts would write; a property
-- test holds the two against each other (`tests/it/ledger/plain.rs`).
--
-- It stands first because making the functions of the other parts costs more than its own reading. An
-- argument costs Redis as much as twenty steps here, so that nothing is told twice.

local HEADER = 11

local function plain()
  local call, byte, sub = redis.call, string.byte, string.sub
  local count, shape, first_claim = tonumber(ARGV[7]), ARGV[8], tonumber(ARGV[9])
  local first_spelling = tonumber(ARGV[10])
  if KEYS[first_claim] then
    local handled = 0
    for _, result in ipairs(call('MGET', unpack(KEYS, first_claim))) do
      if result then handled = handled + 1 end
    end
    if handled == count then
      -- The whole body once more.
      local answers = {}
      for index = 1, count do answers[index] = 'duplicate 0 0 0 0' end
      return answers
    end
    if handled > 0 then return nil end
  end

  local now_text = string.format('%.0f', now)
  local written = ',"w":' .. now_text .. ',"act":"stop","scope":"'
  local scopes = { [9] = 'all' }
  -- By set: who is to be put there. Nothing while all go to everybody's.
  local lists
  local canonicals, people, evidence, jobs, due, answers = {}, {}, {}, {}, {}, {}
  -- Of each event: its scope and time, where its spellings end, its field, its evidence without words.
  local trails, answer_of = {}, {}
  local at, member, job_at = 1, first_spelling, HEADER + 2 * count
  for index = 1, count do
    local time = sub(shape, at, at + 12)
    local ids, set, is_told, high, low = byte(shape, at + 13, at + 17)
    at = at + 17
    if set ~= 9 and not lists then
      lists = { [9] = { unpack(ARGV, first_spelling, member - 1) } }
      local place = 9
      for name in string.gmatch(ARGV[1], '[^,]+') do
        place = place + 1
        scopes[place] = name
      end
    end
    local scope, first, field = scopes[set], member, ARGV[member]
    local told, record, queued = ARGV[HEADER + index], ARGV[HEADER + count + index], 0

    if is_told == 1 then
      job_at = job_at + 1
      local job = ARGV[job_at]
      if now < tonumber(sub(job, 33, 51)) then
        local id = sub(job, 1, 32)
        record = record .. ',"k":{"stopped":' .. now_text .. '},"j":"' .. id .. '"}'
        local head = #jobs
        jobs[head + 1], jobs[head + 2] = id, sub(job, 52) .. now_text .. '}'
        due[head + 1], due[head + 2] = now_text, id
        queued = 1
      else
        record = record .. '}'
      end
    end
    local head = #people
    people[head + 1], people[head + 2] = field, record
    canonicals[#canonicals + 1] = field
    member = member + byte(shape, at + 1)
    for further = 2, ids do
      local canonical = ARGV[member]
      people[head + 2 * further - 1], people[head + 2 * further] = canonical, '=' .. field
      canonicals[#canonicals + 1] = canonical
      member = member + byte(shape, at + further)
    end
    at = at + ids + 1
    if lists then
      local mine = lists[set] or {}
      lists[set] = mine
      for one = first, member - 1 do mine[#mine + 1] = ARGV[one] end
    end

    head = #evidence
    evidence[head + 1] = field
    evidence[head + 2] = '{"t":' .. time .. written .. scope .. '","ap":1,' .. told .. '}'
    local reasons = high * 128 + low
    if reasons < #told then told = sub(told, 1, reasons) end
    head = #trails
    trails[head + 1], trails[head + 2], trails[head + 3] = scope, time, member - 1
    trails[head + 4], trails[head + 5] = field, '{' .. told .. '}'
    local kind = queued + 2 * (member - first)
    local answer = answer_of[kind]
    if not answer then
      answer = 'applied ' .. queued .. ' ' .. member - first .. ' 0 0'
      answer_of[kind] = answer
    end
    answers[index] = answer
  end

  for _, value in ipairs(call('HMGET', KEYS[1], unpack(canonicals))) do
    if value then return nil end
  end
  local function is_listed(set)
    for _, is in ipairs(call('SMISMEMBER', set, unpack(ARGV, first_spelling))) do
      if is == 1 then return true end
    end
    return false
  end
  if is_listed(KEYS[9]) then return nil end
  for set in pairs(lists or {}) do
    if set ~= 9 and is_listed(KEYS[set]) then return nil end
  end

  if not lists then
    call('SADD', KEYS[9], unpack(ARGV, first_spelling))
  else
    for set, list in pairs(lists) do
      if #list > 0 then call('SADD', KEYS[set], unpack(list)) end
    end
  end
  if #jobs > 0 then
    call('ZADD', KEYS[6], unpack(due))
    call('HSET', KEYS[7], unpack(jobs))
  end
  call('HSET', KEYS[1], unpack(people))
  call('HSET', KEYS[2], unpack(evidence))
  local changes, audit, last = KEYS[4], KEYS[5], #ARGV
  member = first_spelling
  for place = 1, #trails, 5 do
    local scope, time = trails[place], trails[place + 1]
    for one = member, trails[place + 2] do
      if one == last then
        call('XADD', changes, 'MAXLEN', '~', ARGV[3], '*',
          'identifier', ARGV[one], 'scope', scope, 'change', 'stop', 'time', time)
      else
        call('XADD', changes, '*', 'identifier', ARGV[one], 'scope', scope, 'change', 'stop', 'time', time)
      end
    end
    member = trails[place + 2] + 1
  end
  last = #trails - 4
  for place = 1, last, 5 do
    if place == last then
      call('XADD', audit, 'MAXLEN', '~', ARGV[4], '*', 'act', 'stop', 'scope', trails[place],
        'result', 'applied', 'person', trails[place + 3], 'time', trails[place + 1], 'event', trails[place + 4])
    else
      call('XADD', audit, '*', 'act', 'stop', 'scope', trails[place],
        'result', 'applied', 'person', trails[place + 3], 'time', trails[place + 1], 'event', trails[place + 4])
    end
  end
  for claim = first_claim, #KEYS do call('SET', KEYS[claim], 'applied', 'PX', ARGV[2]) end
  return answers
end

if ARGV[8] ~= '' then
  local answers = plain()
  if answers then return answers end
end
