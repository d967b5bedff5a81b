-- Puts a job back to be sent now, or drops it, as an operator says.
--
-- KEYS  1 outbox:due  ZSET   2 outbox:jobs  HASH   3 outbox:finished  ZSET   4 audit  STREAM
-- ARGV  1 job id   2 retry | drop   3 finished jobs kept at most   4 audit entries at most
--       5 JSON: who says so and why
-- Returns done | absent | sent (it was: nothing to do) | closed (its window is over)

local due, jobs, finished, audit = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, act = ARGV[1], ARGV[2]
local text = redis.call('HGET', jobs, id)
if not text then return 'absent' end
local job = cjson.decode(text)
if job.state == 'sent' then return 'sent' end
if act == 'drop' then
  finish(due, jobs, finished, job, 'dropped', 'operator', tonumber(ARGV[3]))
elseif now >= job.expires_at then
  return 'closed'
else
  -- The operator answers for a second message: the doubt and the attempts start afresh.
  job.state, job.reason, job.finished_at = 'due', 'operator', nil
  job.attempts, job.maybe_sent, job.token = 0, 0, job.token + 1
  redis.call('HSET', jobs, id, cjson.encode(job))
  redis.call('ZREM', finished, id)
  redis.call('ZADD', due, now, id)
end
redis.call('XADD', audit, 'MAXLEN', '~', ARGV[4], '*', 'act', 'outbox_' .. act, 'job', id, 'person', job.to,
  'event', ARGV[5])
return 'done'
