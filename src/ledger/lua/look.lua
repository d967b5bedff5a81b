-- Everything that is known of somebody. Reads only.
--
-- KEYS  1 people  HASH   2 links  HASH
-- ARGV  canonical spellings
-- Returns the records as JSON, each once.

local found, seen = {}, {}
for _, canonical in ipairs(ARGV) do
  local field = field_of(KEYS[2], canonical)
  if not seen[field] then
    seen[field] = true
    local text = redis.call('HGET', KEYS[1], field)
    if text then found[#found + 1] = text end
  end
end
return found
