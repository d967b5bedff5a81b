-- Time by the clock of Redis, unix milliseconds: replicas' clocks differ. Put in front of every script that
-- needs it; not a script of its own.

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
