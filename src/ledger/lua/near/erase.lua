-- Removes every near-miss of a person.
--
-- KEYS  1 near  HASH of records   2 near:order  ZSET of ids   3 near:people  ZSET of spellings with ids
-- ARGV  canonical spellings
-- Returns how many went.

local ids = near_of(KEYS[3], ARGV)
for _, id in ipairs(ids) do
  remove_near(KEYS[1], KEYS[2], KEYS[3], id)
end
return #ids
