-- Shared by the scripts of the outbox. Put in front of each of them; not a script of its own.
--
-- A job is one JSON object in the hash `outbox:jobs`; `outbox:due` says when it is next looked at.
-- States: due, leased, unknown (the request may have been accepted), sent, dropped.
-- `maybe_sent` counts the requests that may have been accepted.

local FINISHED_KEPT_MS = 7 * 24 * 3600 * 1000

local function forget(jobs, finished, ids)
  for _, id in ipairs(ids) do
    redis.call('HDEL', jobs, id)
    redis.call('ZREM', finished, id)
  end
end

-- Ends a job, and makes room: a few of the oldest finished ones go with every call.
local function finish(due, jobs, finished, job, state, reason, keep)
  job.state, job.reason, job.finished_at, job.quote = state, reason, now, nil
  redis.call('HSET', jobs, job.id, cjson.encode(job))
  -- In this order: of one that only the hash holds nobody would ever hear again.
  redis.call('ZADD', finished, now, job.id)
  redis.call('ZREM', due, job.id)
  forget(jobs, finished, redis.call('ZRANGEBYSCORE', finished, '-inf', now - FINISHED_KEPT_MS, 'LIMIT', 0, 10))
  local over = redis.call('ZCARD', finished) - keep
  if over > 0 then
    forget(jobs, finished, redis.call('ZRANGE', finished, 0, math.min(over, 10) - 1))
  end
end
