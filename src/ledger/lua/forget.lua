-- Erases what is personal about somebody, and keeps what honours their opt-out.
--
-- KEYS  1 people  HASH   2 evidence  HASH   3 tombstones  ZSET   4 outbox:due  ZSET   5 outbox:jobs  HASH
--       6 outbox:finished  ZSET   7 audit  STREAM   8 dead  STREAM   9 cursors  HASH   10 suppressed  SET
--      11.. suppressed:<topic>, one SET a topic
-- ARGV  1 JSON: ids    canonical spellings of everybody meant
--               names  every spelling of these, as jobs and audit entries may have them
--               jobs, dead, audit   ids of the entries that are theirs
--               before  how many entries of other kinds went before
--               dry    whether to count only
--               event  JSON: who does it and why
--       2 audit entries kept at most
-- Returns { people, removed, evidence, jobs, dead letters, audit entries, refuses }: how many records there were
--         and how many of them went whole, how many lines, jobs and entries were stripped or went, and 1 when a
--         set still holds the person.
--
-- Of somebody who refuses something the record stays: identifiers, spellings, times of decisions. Of each
-- line of evidence and each audit entry stay the facts that prove the opt-out and name nobody. A stream's entry
-- cannot be changed, so it goes and is written anew at the end: `act` is `erased`, so that nothing counts it again,
-- `of` the act that it had, and `was` its id. The entry of an erasure itself stays whole: it proves who did it.
--
-- Whoever counts the audit takes an oldest entry behind the cursor for a sign that some were trimmed uncounted. Where the
-- erasure is why it lies there, `audit:whole` of the cursors says up to which entry nothing else is missing.

local ask = cjson.decode(ARGV[1])
local audit_max = ARGV[2]
local count = { people = 0, removed = 0, evidence = 0, jobs = 0, dead = 0, audit = 0, refuses = 0 }

local names = {}
for _, name in ipairs(ask.names) do names[name] = true end

local KEPT = {}
for _, name in ipairs({ 't', 'w', 'act', 'scope', 'ap', 'source', 'origin', 'rule', 'rules_version', 'language',
  'phone_number_id' }) do
  KEPT[name] = true
end

-- The JSON object without what is personal, and whether anything of it went.
local function strip(text)
  local fine, all = pcall(cjson.decode, text)
  if not fine or type(all) ~= 'table' then return '{}', text ~= '{}' end
  local kept, lost = {}, false
  for name, value in pairs(all) do
    if KEPT[name] then kept[name] = value else lost = true end
  end
  return cjson.encode(kept), lost
end

local function is_held(members)
  if #members == 0 then return false end
  for index = 10, #KEYS do
    for _, held in ipairs(redis.call('SMISMEMBER', KEYS[index], unpack(members))) do
      if held == 1 then return true end
    end
  end
  return false
end

local function forget_evidence(field)
  local text = redis.call('HGET', KEYS[2], field)
  if not text then return end
  local lines = {}
  for line in string.gmatch(text, '[^\n]+') do
    local kept, lost = strip(line)
    lines[#lines + 1] = kept
    if lost then count.evidence = count.evidence + 1 end
  end
  if not ask.dry then redis.call('HSET', KEYS[2], field, table.concat(lines, '\n')) end
end

local function forget_record(field, text)
  local record = decode(text)
  count.people = count.people + 1
  if is_held(record.m) then
    count.refuses = 1
    forget_evidence(field)
    return
  end
  -- Nothing of it is needed to leave the person alone.
  count.removed = count.removed + 1
  local lines = redis.call('HGET', KEYS[2], field)
  if lines then
    for _ in string.gmatch(lines, '[^\n]+') do count.evidence = count.evidence + 1 end
  end
  if ask.dry then return end
  redis.call('HDEL', KEYS[1], field, unpack(record.c))
  redis.call('HDEL', KEYS[2], field)
  redis.call('ZREM', KEYS[3], field)
end

local seen, first = {}, nil
for _, id in ipairs(ask.ids) do
  local field, text = id, redis.call('HGET', KEYS[1], id)
  local link = text and link_of(text)
  if link then
    field, text = link, redis.call('HGET', KEYS[1], link)
  end
  if text and not seen[field] then
    seen[field], first = true, first or field
    forget_record(field, text)
  end
end
if is_held(ask.names) then count.refuses = 1 end

-- A message that waits is still sent, without the message that it would have quoted.
for _, id in ipairs(ask.jobs) do
  local text = redis.call('HGET', KEYS[5], id)
  local job = text and cjson.decode(text)
  if job and names[job.to] then
    local ended = job.state == 'sent' or job.state == 'dropped'
    if ended or job.quote then count.jobs = count.jobs + 1 end
    if ended and not ask.dry then
      redis.call('HDEL', KEYS[5], id)
      redis.call('ZREM', KEYS[6], id)
    elseif job.quote and not ask.dry then
      job.quote = nil
      redis.call('HSET', KEYS[5], id, cjson.encode(job))
    end
  end
end

if ask.dry then
  count.dead = #ask.dead
elseif #ask.dead > 0 then
  count.dead = redis.call('XDEL', KEYS[8], unpack(ask.dead))
end

local AUDITED = {}
for _, name in ipairs({ 'act', 'of', 'scope', 'result', 'person', 'time', 'kind', 'job', 'was', 'erased' }) do
  AUDITED[name] = true
end

local function is_erasure(fields)
  for at = 1, #fields, 2 do
    if fields[at] == 'act' then return fields[at + 1] == 'forget' end
  end
  return false
end

local function order(id)
  local time, number = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(time or 0), tonumber(number or 0)
end

local function is_behind(id, other)
  local time, number = order(id)
  local other_time, other_number = order(other)
  return time > other_time or time == other_time and number > other_number
end

-- The oldest audit entry, and whether nothing between it and what was counted is missing.
local function oldest_audit()
  local entry = redis.call('XRANGE', KEYS[7], '-', '+', 'COUNT', 1)[1]
  if not entry then return nil, false end
  local counted = redis.call('HGET', KEYS[9], 'audit') or '0-0'
  local whole = redis.call('HGET', KEYS[9], 'audit:whole') or counted
  return entry[1], not is_behind(entry[1], counted) or not is_behind(entry[1], whole)
end

local _, was_whole = oldest_audit()
for _, id in ipairs(ask.audit) do
  local entry = redis.call('XRANGE', KEYS[7], id, id)[1]
  local kept, lost, was = {}, false, nil
  if entry and not is_erasure(entry[2]) then
    local fields = entry[2]
    for at = 1, #fields, 2 do
      local name, value = fields[at], fields[at + 1]
      local gone = false
      if name == 'event' then
        value, gone = strip(value)
      elseif not AUDITED[name] and not (name == 'reason' and #value < 33) then
        value, gone = nil, true
      end
      lost = lost or gone
      if name == 'was' then was = true end
      if name == 'act' and value ~= 'erased' then
        kept[#kept + 1], kept[#kept + 2] = 'act', 'erased'
        name = 'of'
      end
      if value then
        kept[#kept + 1] = name
        kept[#kept + 1] = value
      end
    end
  end
  if lost then
    count.audit = count.audit + 1
    if not ask.dry then
      if not was then
        kept[#kept + 1] = 'was'
        kept[#kept + 1] = id
      end
      redis.call('XDEL', KEYS[7], id)
      redis.call('XADD', KEYS[7], 'MAXLEN', '~', audit_max, '*', unpack(kept))
    end
  end
end

local oldest, is_whole = oldest_audit()
if was_whole and oldest and not is_whole then redis.call('HSET', KEYS[9], 'audit:whole', oldest) end

local erased = ask.before + count.removed + count.evidence + count.jobs + count.dead + count.audit
if erased > 0 and not ask.dry then
  redis.call('XADD', KEYS[7], 'MAXLEN', '~', audit_max, '*', 'act', 'forget', 'result', 'applied',
    'person', first or ask.ids[1], 'time', string.format('%.0f', now), 'erased', tostring(erased),
    'event', ask.event)
end
return { count.people, count.removed, count.evidence, count.jobs, count.dead, count.audit, count.refuses }
