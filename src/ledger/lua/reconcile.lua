-- Settles a job by the status webhook of its message, which carries the job's id.
--
-- KEYS  1 outbox:due  ZSET   2 outbox:jobs  HASH   3 outbox:finished  ZSET
-- ARGV  1 job id   2 status: sent, delivered, read, failed …   3 finished jobs kept at most
-- Returns the state that the job was in, or an empty string when it is not known.

local due, jobs, finished = KEYS[1], KEYS[2], KEYS[3]
local text = redis.call('HGET', jobs, ARGV[1])
if not text then return '' end
local job = cjson.decode(text)
local was = job.state
if was == 'due' or was == 'leased' or was == 'unknown' then
  if ARGV[2] == 'failed' then
    finish(due, jobs, finished, job, 'dropped', 'failed_status', tonumber(ARGV[3]))
  else
    finish(due, jobs, finished, job, 'sent', 'status_webhook', tonumber(ARGV[3]))
  end
end
return was
