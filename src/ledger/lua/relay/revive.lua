-- Puts dead entries back into the queue, as its newest, or throws them away.
--
-- KEYS  as in `queue.lua`
-- ARGV  1 replay | drop   2 entries at most   3 bytes at most   4 entry id, or * for all
-- Returns how many it was.

local found = ARGV[4] == '*' and redis.call('XRANGE', dead, '-', '+') or redis.call('XRANGE', dead, ARGV[4], ARGV[4])
for _, one in ipairs(found) do
  if ARGV[1] == 'replay' then add(one[2][2], one[2][10]) end
  bury(one)
end
bound(tonumber(ARGV[2]), tonumber(ARGV[3]))
return #found
