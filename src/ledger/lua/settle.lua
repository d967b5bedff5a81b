-- Records what became of a leased job.
--
-- KEYS  1 outbox:due  ZSET   2 outbox:jobs  HASH   3 outbox:finished  ZSET   4 audit  STREAM
-- ARGV  1 job id   2 fencing token   3 sent | retry | held | retry_without_quote | unknown | dropped
--       4 the wamid when sent, else the reason   5 delay of a retry, ms   6 doubt, ms
--       7 finished jobs kept at most   8 audit entries at most
-- Returns `done`, or `stale` when the lease is no longer this worker's.

local due, jobs, finished, audit = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, token, outcome, detail = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]

local text = redis.call('HGET', jobs, id)
if not text then return 'stale' end
local job = cjson.decode(text)
if job.state ~= 'leased' or job.token ~= token then return 'stale' end

if outcome == 'sent' or outcome == 'dropped' then
  -- What was refused was surely not accepted.
  if outcome == 'dropped' then job.maybe_sent = job.maybe_sent - 1 end
  finish(due, jobs, finished, job, outcome, detail, tonumber(ARGV[7]))
  redis.call('XADD', audit, 'MAXLEN', '~', ARGV[8], '*', 'act', 'message', 'kind', job.kind,
    'result', outcome, 'reason', outcome == 'dropped' and detail or '', 'job', id, 'person', job.to)
elseif outcome == 'unknown' then
  job.state, job.reason = 'unknown', detail
  redis.call('HSET', jobs, id, cjson.encode(job))
  redis.call('ZADD', due, now + tonumber(ARGV[6]), id)
else
  job.state, job.reason = 'due', detail
  job.maybe_sent = job.maybe_sent - 1
  -- Held back by ourselves: no attempt was made.
  if outcome == 'held' then job.attempts = job.attempts - 1 end
  if outcome == 'retry_without_quote' then
    job.quote, job.quote_refused = nil, true
  end
  redis.call('HSET', jobs, id, cjson.encode(job))
  redis.call('ZADD', due, now + tonumber(ARGV[5]), id)
end
return 'done'
