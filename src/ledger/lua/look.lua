-- Everything that is known of somebody. Reads only.
--
-- KEYS  1 people  HASH   2 evidence  HASH
-- ARGV  canonical spellings
-- Returns { { record as JSON, lines of evidence } .. }, each person once.

local found, seen = {}, {}
for _, canonical in ipairs(ARGV) do
  local field, text = canonical, redis.call('HGET', KEYS[1], canonical)
  local link = text and link_of(text)
  if link then
    field, text = link, redis.call('HGET', KEYS[1], link)
  end
  if text and not seen[field] then
    seen[field] = true
    found[#found + 1] = { text, redis.call('HGET', KEYS[2], field) or '' }
  end
end
return found
