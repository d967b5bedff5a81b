-- Shared by the scripts about near-misses. Put in front of each of them; not a script of its own.
--
-- A near-miss is one JSON record in the hash `near` under its id:
--   t, w     time of the text, and of the writing
--   ids      canonical spellings of the person
--   text, normalized   the words, where those are kept
--   decision, rule, language, scope, message_id, phone_number_id
--   asked    1 when the person was sent the question
--   ended    how it ended: yes | no | approved | rejected; nothing while it is open
--   ended_at, by, note   when, and for an operator's word who and why
-- `near:order` holds the ids by a number that only grows, `near:people` a member `<canonical> <id>` for each
-- spelling, so that those of a person are found without reading the others.

-- The ids of the near-misses of whoever has one of these canonical spellings.
local function near_of(people, canonicals)
  local ids, seen = {}, {}
  for _, canonical in ipairs(canonicals) do
    local from = '[' .. canonical .. ' '
    for _, member in ipairs(redis.call('ZRANGEBYLEX', people, from, '(' .. canonical .. '!')) do
      local id = string.sub(member, #canonical + 2)
      if not seen[id] then
        seen[id] = true
        ids[#ids + 1] = id
      end
    end
  end
  return ids
end

local function remove_near(near, order, people, id)
  local text = redis.call('HGET', near, id)
  if text then
    for _, canonical in ipairs(cjson.decode(text).ids or {}) do
      redis.call('ZREM', people, canonical .. ' ' .. id)
    end
  end
  redis.call('HDEL', near, id)
  redis.call('ZREM', order, id)
end
