-- Clears away records that hold no stop and have not changed for a while: they only keep a late, older stop
-- from undoing a start, or a cool-down.
--
-- KEYS  1 people  HASH   2 evidence  HASH   3 tombstones  ZSET of fields by time of the last write
-- ARGV  1 age, ms   2 how many at most
-- Returns how many went.

local people, evidence, tombstones = KEYS[1], KEYS[2], KEYS[3]
local gone = 0
for _, field in ipairs(redis.call('ZRANGEBYSCORE', tombstones, '-inf', now - tonumber(ARGV[1]), 'LIMIT', 0, ARGV[2])) do
  local text = redis.call('HGET', people, field)
  if text and not link_of(text) then
    local record = decode(text)
    if not has_stop(record) then
      redis.call('HDEL', people, field, unpack(record.c))
      redis.call('HDEL', evidence, field)
      gone = gone + 1
    end
  end
  redis.call('ZREM', tombstones, field)
end
return gone
