-- Near-misses, the newest first.
--
-- KEYS  1 near  HASH of records   2 near:order  ZSET of ids
-- ARGV  1 only those with a place below this, or `+inf`   2 how many at most
-- Returns { { id, place, record as JSON } .. }

local below = ARGV[1] == '+inf' and '+inf' or '(' .. ARGV[1]
local found = {}
local entries = redis.call('ZREVRANGEBYSCORE', KEYS[2], below, '-inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
for at = 1, #entries, 2 do
  local record = redis.call('HGET', KEYS[1], entries[at])
  if record then found[#found + 1] = { entries[at], entries[at + 1], record } end
end
return found
