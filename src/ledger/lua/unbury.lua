-- Takes away an item that could not be read, as an operator says.
--
-- KEYS  1 dead  STREAM   2 audit  STREAM
-- ARGV  1 id of the entry   2 read | dropped   3 JSON: who did it and why   4 audit entries at most
-- Returns 1, or 0 when it was gone.

local entry = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not entry then return 0 end
local kind = ''
for at = 1, #entry[2], 2 do
  if entry[2][at] == 'kind' then kind = entry[2][at + 1] end
end
redis.call('XDEL', KEYS[1], ARGV[1])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', 'act', 'dead_letter', 'kind', kind, 'result', ARGV[2],
  'time', string.format('%.0f', now), 'event', ARGV[3])
return 1
