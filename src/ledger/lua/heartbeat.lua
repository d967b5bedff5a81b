-- Says that a verified webhook was handled just now, by the clock of Redis.
--
-- KEYS  1 heartbeat  STRING, unix milliseconds
-- Returns the time that was written.

local clock = redis.call('TIME')
local now = string.format('%.0f', tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000))
redis.call('SET', KEYS[1], now)
return now
