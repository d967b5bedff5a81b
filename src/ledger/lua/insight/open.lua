-- What the scripts about sends and counts begin with; not a script of its own. Needs `clock` and `prelude`.
--
-- KEYS  1 people     HASH            2 evidence       HASH of lines by field of people
--       3 audit      STREAM          4 breaches       STREAM
--       5 open       ZSET of sends that look like breaches and wait for their `sent` status, by the time of judgement
--       6 waiting    HASH of opt-outs by the digest of the message that they answer and of which nothing is known yet
--       7 waiting:order  ZSET of the fields of 6 by time
--       8 cursors    HASH of the last entry that was taken, by stream
--       9 sends      STREAM that senders write
--      10 suppressed SET of who refused everything
--      11.. suppressed:<topic>, one SET a topic in the order of `topics`,
--         then five for each of `days`: sends:<day> HASH, sends:<day>:words HASH, sends:<day>:last HASH,
--         sends:<day>:marketing HASH, counts:<day> HASH
-- ARGV  1 options as JSON: topics (names), days (numbers since 1970, UTC), first (the first day whose sends are
--         known), sends_days, counts_days (kept), sends_max (a day), values_max, waiting_max, breaches_max, audit_max,
--         grace (ms), last (whether the last template of each person is kept), marketing (how long it is kept when
--         marketing was delivered to each, ms), stream, from, to (the cursor: which,
--         where it must stand, where it goes), dropped (statuses that were not looked at)

local options = cjson.decode(ARGV[1])
local DAY, HOUR = 86400000, 3600000
local KINDS = { sends = 0, words = 1, last = 2, marketing = 3, counts = 4 }
local first_key = 10 + #(options.topics or {})
local place_of_day, newest_day = {}, 0
for index, day in ipairs(options.days) do
  place_of_day[day] = first_key + 5 * (index - 1) + 1
  newest_day = math.max(newest_day, day)
end

local set_of = { all = KEYS[10] }
for index, topic in ipairs(options.topics or {}) do
  set_of[topic] = KEYS[10 + index]
end

local function key_of(kind, day)
  return KEYS[place_of_day[day] + KINDS[kind]]
end

-- The day and hour in which something is counted: that of its time, which is never in the future. Nothing when it is
-- older than what is kept.
local function moment(time)
  time = math.min(time, now)
  local day = math.floor(time / DAY)
  if not place_of_day[day] then return nil end
  return day, math.floor(time % DAY / HOUR)
end

local function text_of(number)
  return string.format('%.0f', number)
end

-- A stream is taken by one replica at a time: who finds the cursor elsewhere leaves it alone.
local function is_mine()
  if not options.stream then return true end
  return (redis.call('HGET', KEYS[8], options.stream) or '0-0') == options.from
end

local function move_cursor()
  if options.stream then redis.call('HSET', KEYS[8], options.stream, options.to) end
end
