-- Ends a near-miss by an operator's word, unless it has ended in a way that the word does not go over.
--
-- KEYS  1 near  HASH of records   2 audit  STREAM
-- ARGV  1 id   2 approved | rejected   3 by   4 note   5 how many entries the audit keeps
--       6.. the ends that the word goes over; an open one it always does
-- Returns { done, record as JSON before } with done 1 when it was written; nothing when there is no such id.

local text = redis.call('HGET', KEYS[1], ARGV[1])
if not text then return nil end
local record = cjson.decode(text)
local may = not record.ended
for at = 6, #ARGV do
  if record.ended == ARGV[at] then may = true end
end
if not may then return { 0, text } end
record.ended, record.ended_at = ARGV[2], now
record.by = ARGV[3] ~= '' and ARGV[3] or nil
record.note = ARGV[4] ~= '' and ARGV[4] or nil
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(record))
-- Who did it. The stop that an approval makes has an entry of its own.
local event = { source = 'operator', rule = record.rule, reference = 'near-miss/' .. ARGV[1], by = record.by, note = record.note }
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], '*', 'act', 'near-miss', 'scope', record.scope,
  'result', ARGV[2], 'person', record.ids[1] or '', 'time', string.format('%.0f', now), 'event', cjson.encode(event))
return { 1, text }
