-- Decides who tells an alert: one of all replicas, and nobody again for a time once it was told.
--
-- KEYS  1 alerts  ZSET of alerts, by when each may be told again (ms)
-- ARGV  1 the alert   2 `claim` or `told`   3 for how long it is then left alone, ms   4 alerts that are remembered
-- Returns 1 when it is the caller's, else 0

local alert, word, time, most = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local free = tonumber(redis.call('ZSCORE', KEYS[1], alert) or '0')
if word == 'claim' and free > now then return 0 end
redis.call('ZADD', KEYS[1], now + time, alert)
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -most - 1)
return 1
