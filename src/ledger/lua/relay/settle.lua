-- Records what became of a delivery.
--
-- KEYS  as in `queue.lua`
-- ARGV  1 lane   2 id   3 token   4 done | retry | dead   5 reason   6 delay of a retry, ms
--       7 dead entries at most   8 bytes of dead entries at most
-- Returns `done`, or `stale` when the lease is no longer this worker's or the entry is gone.

local lane, id, outcome = ARGV[1], ARGV[2], ARGV[4]
if redis.call('HGET', state, 't:' .. lane) ~= ARGV[3] then return 'stale' end
if redis.call('LINDEX', lane_list(lane), 0) ~= id then
  -- Dropped meanwhile for want of room; what follows in the lane is due.
  redis.call('HDEL', state, 'a:' .. lane, 'r:' .. lane)
  redis.call('ZADD', due, 'XX', now, lane)
  return 'stale'
end
if outcome == 'retry' then
  redis.call('HSET', state, 'r:' .. lane, ARGV[5])
  redis.call('ZADD', due, now + tonumber(ARGV[6]), lane)
  return 'done'
end
if outcome == 'dead' then
  local entry = redis.call('HGET', entries, id)
  redis.call('XADD', dead, '*', 'lane', lane, 'reason', ARGV[5], 'since', id,
    'attempts', redis.call('HGET', state, 'a:' .. lane) or '0', 'entry', entry)
  redis.call('HINCRBY', state, 'dead_bytes', #entry)
  while redis.call('XLEN', dead) > tonumber(ARGV[7])
    or tonumber(redis.call('HGET', state, 'dead_bytes')) > tonumber(ARGV[8]) do
    local first = redis.call('XRANGE', dead, '-', '+', 'COUNT', 1)[1]
    if not first then break end
    bury(first)
  end
end
remove(id)
redis.call('HDEL', state, 'a:' .. lane, 'r:' .. lane)
redis.call('ZADD', due, 'XX', now, lane)
return 'done'
