-- Notes near-misses, each once, and lets the oldest go beyond the bound.
--
-- KEYS  1 near  HASH of records   2 near:order  ZSET of ids   3 near:people  ZSET of spellings with ids
--       4 audit  STREAM, from which they are counted; without the words
-- ARGV  1 how many are kept   2 audit entries kept at most; then two for each: id, record as JSON
-- Returns how many were new.

-- Of too many, so many go with one call, so that a lowered bound does not hold up Redis.
local MOST_GONE = 1000

local near, order, people = KEYS[1], KEYS[2], KEYS[3]
local last = redis.call('ZREVRANGE', order, 0, 0, 'WITHSCORES')
local place = math.max(now, tonumber(last[2] or 0) + 1)
local new = 0
for at = 3, #ARGV, 2 do
  local id, record = ARGV[at], cjson.decode(ARGV[at + 1])
  record.w = now
  if redis.call('HSETNX', near, id, cjson.encode(record)) == 1 then
    redis.call('ZADD', order, place, id)
    place = place + 1
    for _, canonical in ipairs(record.ids) do
      redis.call('ZADD', people, 0, canonical .. ' ' .. id)
    end
    redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[2], '*', 'act', 'near_miss', 'scope', record.scope or '',
      'result', 'noted', 'person', record.ids[1] or '', 'time', string.format('%.0f', record.t),
      'event', cjson.encode({ source = 'text', rule = record.rule, language = record.language }))
    new = new + 1
  end
end
local over = math.min(redis.call('ZCARD', order) - tonumber(ARGV[1]), MOST_GONE)
if over > 0 then
  for _, id in ipairs(redis.call('ZRANGE', order, 0, over - 1)) do
    remove_near(near, order, people, id)
  end
end
return new
