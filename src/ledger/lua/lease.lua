-- Leases due jobs of the outbox to one worker, and settles what nobody else will: expired windows, leases
-- that ran out (their request may have been accepted), doubts that have lasted long enough.
--
-- KEYS  1 outbox:due  ZSET   2 outbox:jobs  HASH   3 outbox:finished  ZSET of jobs by end
-- ARGV  1 how many at most   2 lease, ms   3 doubt, ms   4 1 to send once more after a doubt, 0 to drop
--       5 attempts at most   6 finished jobs kept at most
-- Returns the leased jobs, each as JSON with its fencing token.

-- How many besides the leased ones are looked at in one call: some milliseconds' work.
local AT_ONCE = 200
-- A doubt that ended this long ago, ms, ended while nobody looked.
local LATE = 2000
-- How much longer it then lasts, ms: whoever could not look could not be told either, and the status that
-- settles it may have come meanwhile. So often at most: a Redis that comes and goes costs a minute.
local GRACE, MOST_GRACES = 5000, 12

local due, jobs, finished = KEYS[1], KEYS[2], KEYS[3]
local most, lease, doubt, resend = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == '1'
local max_attempts, keep = tonumber(ARGV[5]), tonumber(ARGV[6])

-- Looks at more than are wanted: after a long outage what has ended stands before what can still be sent.
local leased = {}
local found = redis.call('ZRANGEBYSCORE', due, '-inf', now, 'WITHSCORES', 'LIMIT', 0, most + AT_ONCE)
for at = 1, #found, 2 do
  if #leased == most then break end
  local id, since = found[at], tonumber(found[at + 1])
  local text = redis.call('HGET', jobs, id)
  if not text then
    redis.call('ZREM', due, id)
  else
    local job = cjson.decode(text)
    if job.state == 'sent' or job.state == 'dropped' then
      -- It ended, and only half of that was written.
      finish(due, jobs, finished, job, job.state, job.reason, keep)
    elseif job.state == 'leased' then
      job.state, job.reason = 'unknown', 'lease_expired'
      redis.call('ZADD', due, now + doubt, id)
      redis.call('HSET', jobs, id, cjson.encode(job))
    elseif now >= job.expires_at then
      finish(due, jobs, finished, job, 'dropped', 'window_closed', keep)
    elseif job.state == 'unknown' and (job.graces or 0) < MOST_GRACES and since < now - LATE then
      job.reason, job.graces = 'overdue', (job.graces or 0) + 1
      redis.call('ZADD', due, now + GRACE, id)
      redis.call('HSET', jobs, id, cjson.encode(job))
    elseif job.state == 'unknown' and (not resend or job.maybe_sent >= 2) then
      finish(due, jobs, finished, job, 'dropped', 'outcome_unknown', keep)
    elseif job.attempts >= max_attempts then
      finish(due, jobs, finished, job, 'dropped', 'attempts_exhausted', keep)
    else
      job.state, job.graces = 'leased', nil
      job.attempts, job.token, job.maybe_sent = job.attempts + 1, job.token + 1, job.maybe_sent + 1
      redis.call('ZADD', due, now + lease, id)
      text = cjson.encode(job)
      redis.call('HSET', jobs, id, text)
      leased[#leased + 1] = text
    end
  end
end
return leased
