-- Leases the first entries of lanes that are due, one a lane.
--
-- KEYS  as in `queue.lua`
-- ARGV  1 how many at most   2 lease, ms
-- Returns for each { lane, id, token, attempts with this one, entry }.

local leased = {}
for _, lane in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, tonumber(ARGV[1]))) do
  local id = redis.call('LINDEX', lane_list(lane), 0)
  local entry = id and redis.call('HGET', entries, id)
  if entry then
    local token = redis.call('HINCRBY', state, 't:' .. lane, 1)
    local attempts = redis.call('HINCRBY', state, 'a:' .. lane, 1)
    redis.call('ZADD', due, now + tonumber(ARGV[2]), lane)
    leased[#leased + 1] = { lane, id, token, attempts, entry }
  else
    -- Nothing that this service does leaves such a lane; it must not block the others.
    if id then redis.call('LPOP', lane_list(lane)) end
    if redis.call('LLEN', lane_list(lane)) == 0 then redis.call('ZREM', due, lane) end
  end
end
return leased
