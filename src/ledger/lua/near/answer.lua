-- Notes what people answered to the question: it ends the newest open near-miss that each was asked about.
--
-- KEYS  1 near  HASH of records   2 near:people  ZSET of spellings with ids
-- ARGV  for each answer JSON: ended (yes | no), t (time of the answer, unix ms), ids (canonical spellings)
-- Returns how many ended.

local ended = 0
for _, text in ipairs(ARGV) do
  local answer = cjson.decode(text)
  local newest, newest_id
  for _, id in ipairs(near_of(KEYS[2], answer.ids)) do
    local stored = redis.call('HGET', KEYS[1], id)
    local record = stored and cjson.decode(stored)
    if record and record.asked == 1 and not record.ended and record.t <= answer.t
      and (not newest or record.t > newest.t) then
      newest, newest_id = record, id
    end
  end
  if newest then
    newest.ended, newest.ended_at = answer.ended, answer.t
    redis.call('HSET', KEYS[1], newest_id, cjson.encode(newest))
    ended = ended + 1
  end
end
return ended
