-- Clears away records that hold no stop and have not changed for a while: they only keep a late, older stop
-- from undoing a start, or a cool-down.
--
-- KEYS  1 people  HASH   2 links  HASH   3 tombstones  ZSET of fields by time of the last write
--       4 evidence  HASH
-- ARGV  1 age, ms   2 how many at most
-- Returns how many went.

local people, links, tombstones = KEYS[1], KEYS[2], KEYS[3]
local gone = 0
for _, field in ipairs(redis.call('ZRANGEBYSCORE', tombstones, '-inf', now - tonumber(ARGV[1]), 'LIMIT', 0, ARGV[2])) do
  local text = redis.call('HGET', people, field)
  if text then
    local record = decode(text)
    if not has_stop(record) then
      redis.call('HDEL', people, field)
      redis.call('HDEL', KEYS[4], field)
      for _, canonical in ipairs(record.c) do
        if redis.call('HGET', links, canonical) == field then redis.call('HDEL', links, canonical) end
      end
      gone = gone + 1
    end
  end
  redis.call('ZREM', tombstones, field)
end
return gone
