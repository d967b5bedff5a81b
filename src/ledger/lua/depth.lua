-- How much there is in the outbox, over the first 1,000 jobs that are due. Reads only.
--
-- KEYS  1 outbox:due  ZSET   2 outbox:jobs  HASH
-- Returns { { state, jobs, age of the oldest in ms } .. } for due, leased and unknown

local count = { due = 0, leased = 0, unknown = 0 }
local oldest = { due = now, leased = now, unknown = now }
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, 999)) do
  local text = redis.call('HGET', KEYS[2], id)
  local job = text and cjson.decode(text)
  if job and count[job.state] then
    count[job.state] = count[job.state] + 1
    oldest[job.state] = math.min(oldest[job.state], job.made_at)
  end
end
local answer = {}
for _, state in ipairs({ 'due', 'leased', 'unknown' }) do
  answer[#answer + 1] = { state, count[state], now - oldest[state] }
end
return answer
