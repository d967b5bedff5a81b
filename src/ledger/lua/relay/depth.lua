-- Says what waits.
--
-- KEYS  as in `queue.lua`
-- Returns { entries, bytes, age of the oldest in ms, dropped since ever, dead }.

local oldest = redis.call('ZRANGE', order, 0, 0)[1]
local since = oldest and tonumber(string.match(oldest, '^%d+')) or now
return {
  redis.call('ZCARD', order),
  tonumber(redis.call('HGET', state, 'bytes') or '0'),
  math.max(0, now - since),
  tonumber(redis.call('HGET', state, 'dropped') or '0'),
  redis.call('XLEN', dead),
}
