-- Forgets whom sends were made to: the breaches, what waits, and the last templates of a person, and the times of
-- marketing. The counts hold nobody.
--
-- KEYS  1 breaches  STREAM   2 sends:open  ZSET   3 sends:waiting  HASH   4 sends:waiting:order  ZSET
--       5.. sends:<day>:last and sends:<day>:marketing, two HASHes a day
-- ARGV  1 JSON: { c = canonical spellings, m = every spelling }
-- Returns how many entries went.

local person = cjson.decode(ARGV[1])
local is_theirs, gone = {}, 0
for _, list in ipairs({ person.c, person.m }) do
  for _, spelling in ipairs(list) do is_theirs[spelling] = true end
end
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
  local fields = entry[2]
  for at = 1, #fields, 2 do
    if (fields[at] == 'identifier' or fields[at] == 'person') and is_theirs[fields[at + 1]] then
      gone = gone + redis.call('XDEL', KEYS[1], entry[1])
      break
    end
  end
end
for _, text in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  for _, id in ipairs(cjson.decode(text).ids) do
    if is_theirs[id.c] then
      gone = gone + redis.call('ZREM', KEYS[2], text)
      break
    end
  end
end
local waiting = redis.call('HGETALL', KEYS[3])
for at = 1, #waiting, 2 do
  for _, answer in ipairs(cjson.decode(waiting[at + 1])) do
    if is_theirs[answer.p] then
      gone = gone + redis.call('HDEL', KEYS[3], waiting[at])
      redis.call('ZREM', KEYS[4], waiting[at])
      break
    end
  end
end
for at = 5, #KEYS do gone = gone + redis.call('HDEL', KEYS[at], unpack(person.c)) end
return gone
