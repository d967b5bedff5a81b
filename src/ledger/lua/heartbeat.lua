-- Says that a verified webhook was handled just now, by the clock of Redis.
--
-- KEYS  1 heartbeat  STRING, unix milliseconds
-- Returns the time that was written.

local written = string.format('%.0f', now)
redis.call('SET', KEYS[1], written)
return written
