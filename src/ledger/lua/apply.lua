-- Applies one event to the list: who refuses what, with its evidence, its audit entry and its confirmation.
--
-- KEYS  1 people        HASH of records           2 links       HASH canonical -> field of people
--       3 tombstones    ZSET of fields by time    4 claim       STRING, this event was handled
--       5 changes       STREAM for senders        6 audit       STREAM for the compliance officer
--       7 outbox:due    ZSET of jobs by due time  8 outbox:jobs HASH of jobs
--       9 outbox:finished  ZSET of jobs by end    10 evidence   HASH of lines by field of people
--      11 suppressed    SET of who refused everything
--      12.. suppressed:<topic>  one SET a topic, in the order of `topics`
-- ARGV  1 the change as JSON:
--         act     stop | start | reason | move | help | ask
--         ids     { { c = canonical, m = { spellings } } .. }, never empty
--         to      for `move`: the identifiers that are theirs now, as `ids`
--         scope   `all` or a topic
--         regs    for stop, start and reason: the registers that the event writes
--         t       time of the event, unix ms
--         force   for operators: outlasts whatever is known, whatever its time
--         topics  names of KEYS 12..
--         job     for a message: the job as JSON object, with `kind` and `expires_at`
--         lifts   for start: also takes off the sets whom no record put there (a list from before)
--         claim   whether KEYS 4 is to be looked at and set
--         cooldown, claim_ttl   ms
--         audit_max, changes_max, finished_max  entries
--       2 the time of the event in digits
--       3 evidence: the inside of a JSON object, free of the person's words
--       4 those words, as a further member of that object with its comma, or nothing
-- Returns { result, queued, stops, starts }
--         result  applied | already | older | duplicate
--         queued  1 when a message was put into the outbox
--         stops, starts  how many members were added to, removed from, the sets
--
-- Scripts are not rolled back: the sets come first, the claim last.

local people, links, tombstones, claim = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local changes, audit, due, jobs, finished = KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local evidence = KEYS[10]
local change, time_text, reasons, words = cjson.decode(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]

if change.claim and redis.call('EXISTS', claim) == 1 then
  return { 'duplicate', 0, 0, 0 }
end

local sets = { all = KEYS[11] }
for index, topic in ipairs(change.topics or {}) do
  sets[topic] = KEYS[11 + index]
end

local stops, starts = 0, 0

local function tell(member, scope, kind)
  redis.call('XADD', changes, 'MAXLEN', '~', change.changes_max, '*',
    'identifier', member, 'scope', scope, 'change', kind, 'time', time_text)
end

-- Which of these sets somebody is in, by any spelling, whoever put them there.
local function listed(record, scopes)
  local found = {}
  for scope in pairs(scopes) do
    if sets[scope] then
      for _, member in ipairs(redis.call('SMISMEMBER', sets[scope], unpack(record.m))) do
        if member == 1 then found[scope] = true end
      end
    end
  end
  return found
end

-- Adds members to a set, or takes them off, and tells who it was.
local function change_members(scope, members, stop)
  local set = sets[scope]
  local is = redis.call('SMISMEMBER', set, unpack(members))
  local changed = {}
  for index, member in ipairs(members) do
    if (is[index] == 1) ~= stop then changed[#changed + 1] = member end
  end
  if #changed == 0 then return end
  if stop then
    redis.call('SADD', set, unpack(changed))
    stops = stops + #changed
  else
    redis.call('SREM', set, unpack(changed))
    starts = starts + #changed
  end
  for _, member in ipairs(changed) do tell(member, scope, stop and 'stop' or 'start') end
end

-- Makes the sets say what the record says. `lift` names scopes to take off the sets although no record
-- refused them.
local function write_sets(found, lift)
  local after = refused(found.record)
  for scope in pairs(sets) do
    if after[scope] then
      change_members(scope, found.record.m, true)
    elseif found.before[scope] or lift[scope] then
      change_members(scope, found.record.m, false)
    end
  end
  return after
end

-- Keeps the record, and makes it found by every identifier.
local function keep(found)
  local record = found.record
  redis.call('HSET', people, found.field, encode(record))
  local missing = {}
  for _, canonical in ipairs(record.c) do
    if canonical ~= found.field and found.linked[canonical] ~= found.field then
      missing[#missing + 1] = canonical
      missing[#missing + 1] = found.field
    end
  end
  if #missing > 0 then redis.call('HSET', links, unpack(missing)) end
  for old in pairs(found.gone) do
    redis.call('HDEL', people, old)
    redis.call('ZREM', tombstones, old)
  end
  if not has_stop(record) then
    redis.call('ZADD', tombstones, now, found.field)
  elseif found.known and not found.had_stop then
    redis.call('ZREM', tombstones, found.field)
  end
end

local function write(found, lift)
  write_sets(found, lift)
  keep(found)
end

-- Keeps why: `lines` of another record, and this event, for the person in `found`.
local function remember(found, applied, lines)
  local line = '{"t":' .. time_text .. ',"w":' .. string.format('%.0f', now) .. ',"act":"' .. change.act
    .. '","scope":"' .. change.scope .. (applied and '","ap":1,' or '",') .. reasons .. words .. '}'
  local known = found.known and redis.call('HGET', evidence, found.field) or nil
  for old in pairs(found.gone) do
    local other = redis.call('HGET', evidence, old)
    if other then known = add_lines(known, other) end
    redis.call('HDEL', evidence, old)
  end
  if lines then known = add_lines(known, lines) end
  redis.call('HSET', evidence, found.field, add_lines(known, line))
end

local function concerns(scope)
  return change.scope == 'all' or scope == change.scope
end

local visited = {}

-- Raises the registers of the person with these identifiers, and of whoever that person became when the
-- event is from before the move: whoever has the number now did not say it. The first record is not kept yet:
-- the message that answers is noted in it.
local function decide(ids, time, depth)
  local found = find(people, links, ids)
  if visited[found.field] or depth > MAX_MOVES then return nil end
  visited[found.field] = true
  local record = found.record
  local act = change.act
  if act == 'reason' then
    -- A reason from somebody who never decided is the decision to leave.
    act = next(record.r) == nil and 'stop' or 'note'
  end
  local looked = { all = true, [change.scope] = true }
  if act == 'start' and change.scope == 'all' then looked = sets end
  local before = listed(record, looked)
  if act ~= 'note' then
    if change.force then
      for name, register in pairs(record.r) do
        if concerns(scope_of(name)) then
          time = math.max(time, (register.s or 0) + 1, (register.b or 0) + 1)
        end
      end
    end
    for _, name in ipairs(change.regs) do raise(record, name, act == 'stop' and 's' or 'b', time) end
  end

  local after = refused(record)
  local lift = {}
  local result = 'already'
  if act == 'stop' then
    if not after[change.scope] then
      result = 'older'
    elseif not before[change.scope] then
      result = 'applied'
    end
  elseif act == 'start' then
    for scope in pairs(before) do
      if concerns(scope) and after[scope] then
        result = 'older'
      elseif concerns(scope) and (change.lifts or found.before[scope]) then
        lift[scope] = true
      end
    end
    if next(lift) then result = 'applied' end
  end
  write_sets(found, lift)
  remember(found, result == 'applied' or change.act == 'reason')
  if depth > 1 then keep(found) end
  for _, move in ipairs(record.mv) do
    if time <= move.t then decide(move.to, time, depth + 1) end
  end
  return found, result, before, after
end

-- Copies what `record` refuses to whoever has the identifiers `ids` since `time`.
local function hand_over(record, lines, ids, time, depth)
  local heir = find(people, links, ids)
  if visited[heir.field] or depth > MAX_MOVES then return end
  visited[heir.field] = true
  for name, register in pairs(record.r) do
    if register.s then raise(heir.record, name, 's', register.s) end
    if register.b then raise(heir.record, name, 'b', register.b) end
  end
  write(heir, {})
  remember(heir, true, lines)
  for _, move in ipairs(heir.record.mv) do
    if time <= move.t then hand_over(record, lines, move.to, time, depth + 1) end
  end
end

local function same_ids(a, b)
  if #a ~= #b then return false end
  for index, id in ipairs(a) do
    if id.c ~= b[index].c then return false end
  end
  return true
end

local function move()
  local found = find(people, links, change.ids)
  for _, known in ipairs(found.record.mv) do
    if same_ids(known.to, change.to) then return found, 'already' end
  end
  -- Somebody whom only the sets know, from a list of before, moves with what the sets say.
  for scope in pairs(listed(found.record, sets)) do
    if not found.before[scope] then raise(found.record, scope, 's', change.t) end
  end
  -- The heir first: that is the legal effect.
  visited[found.field] = true
  local lines = found.known and redis.call('HGET', evidence, found.field) or nil
  hand_over(found.record, lines, change.to, change.t, 1)
  found.record.mv[#found.record.mv + 1] = { to = change.to, t = change.t }
  while #found.record.mv > MAX_MOVES do table.remove(found.record.mv, 1) end
  for _, id in ipairs(change.ids) do found.record.ab[id.c] = change.t end
  write(found, {})
  remember(found, true)
  return found, 'applied'
end

local function message()
  local found = find(people, links, change.ids)
  local before = listed(found.record, { all = true, [change.scope] = true })
  if change.act == 'ask' and covers(before, change.scope) then return found, 'already' end
  return found, 'applied'
end

local found, result, before, after
if change.act == 'move' then
  found, result = move()
elseif change.act == 'help' or change.act == 'ask' then
  found, result = message()
else
  found, result, before, after = decide(change.ids, change.t, 1)
end
local record = found.record

-- A message that waits to be sent and is no longer true is not sent.
if result == 'applied' and record.j then
  local text = redis.call('HGET', jobs, record.j)
  local waiting = text and cjson.decode(text)
  local opposite = { stop = 'resumed', start = 'stopped' }
  if waiting and waiting.state == 'due' and waiting.kind == opposite[change.act] then
    finish(due, jobs, finished, waiting, 'dropped', 'superseded', change.finished_max)
  end
end

-- One message for a real transition, inside the window, once in the cool-down.
local job = change.job
local queued = 0
if job and now < job.expires_at then
  local moved = result == 'applied'
  if job.kind == 'stopped' then
    moved = moved and not covers(before, change.scope)
  elseif job.kind == 'resumed' then
    moved = moved and not covers(after, change.scope)
  end
  local last = record.k[job.kind]
  if moved and not (last and now >= last and now - last < change.cooldown) then queued = 1 end
end
if queued == 1 then record.k[job.kind], record.j = now, job.id end
-- A call for help that gets no answer leaves no trace of the person.
if change.act ~= 'move' and (queued == 1 or (change.act ~= 'help' and change.act ~= 'ask')) then keep(found) end
if queued == 1 then
  job.v, job.state, job.made_at = 1, 'due', now
  job.attempts, job.token, job.maybe_sent = 0, 0, 0
  redis.call('HSET', jobs, job.id, cjson.encode(job))
  redis.call('ZADD', due, now, job.id)
end

-- Without the person's words, which stay where they can be erased.
redis.call('XADD', audit, 'MAXLEN', '~', change.audit_max, '*', 'act', change.act, 'scope', change.scope,
  'result', result, 'person', found.field, 'time', time_text, 'event', '{' .. reasons .. '}')

if change.claim then
  redis.call('SET', claim, result, 'PX', change.claim_ttl)
end
return { result, queued, stops, starts }
