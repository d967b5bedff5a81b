-- Everything that is known of somebody. Reads only.
--
-- KEYS  1 people  HASH   2 links  HASH   3 evidence  HASH
-- ARGV  canonical spellings
-- Returns { { record as JSON, lines of evidence } .. }, each person once.

local found, seen = {}, {}
for _, canonical in ipairs(ARGV) do
  local field = field_of(KEYS[2], canonical)
  if not seen[field] then
    seen[field] = true
    local text = redis.call('HGET', KEYS[1], field)
    if text then found[#found + 1] = { text, redis.call('HGET', KEYS[3], field) or '' } end
  end
end
return found
