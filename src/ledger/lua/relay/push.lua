-- Puts bodies into a target's queue, and keeps it within its bounds by dropping the oldest.
--
-- KEYS  as in `queue.lua`
-- ARGV  1 entries at most   2 bytes at most   then for each body: its lane, its entry
-- Returns how many entries were dropped.

for at = 3, #ARGV, 2 do
  add(ARGV[at], ARGV[at + 1])
end
return bound(tonumber(ARGV[1]), tonumber(ARGV[2]))
