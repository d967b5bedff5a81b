-- The near-misses of a person, the newest first. Reads only.
--
-- KEYS  1 near  HASH of records   2 near:order  ZSET of ids   3 near:people  ZSET of spellings with ids
-- ARGV  1 how many at most; then canonical spellings
-- Returns { { id, place, record as JSON } .. }

local spellings = {}
for at = 2, #ARGV do spellings[at - 1] = ARGV[at] end
local placed = {}
for _, id in ipairs(near_of(KEYS[3], spellings)) do
  local place = redis.call('ZSCORE', KEYS[2], id)
  if place then placed[#placed + 1] = { id, place } end
end
table.sort(placed, function(one, other) return tonumber(one[2]) > tonumber(other[2]) end)
local found = {}
for at = 1, math.min(#placed, tonumber(ARGV[1])) do
  local record = redis.call('HGET', KEYS[1], placed[at][1])
  if record then found[#found + 1] = { placed[at][1], placed[at][2], record } end
end
return found
