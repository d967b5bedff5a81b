-- What is known of sent messages; not a script of its own. One HASH a day, that of the first word of the message. A
-- message is 18 characters in the value of a field, which many share, because a field each would cost five times the
-- memory: 13 digits of the SHA-1 of its id (3 more are the field), what is known to have happened, which words it
-- carries, and the hour of the first word. The words of a day stand once in its HASH of words: `n` is how many messages
-- there are, `#` how many words, `=<words>` a number, and a number its words.

local WIDTH, DIGITS, FIELD = 18, 13, 3
local SENT, DELIVERED, READ, FAILED, JUDGED = 1, 2, 4, 8, 16
local NO_WORDS, OTHER_WORDS, MOST_WORDS = '000', 'fff', 4094
local groups, changed_groups, sizes, words, fresh = {}, {}, {}, {}, {}

local function digest_of(id)
  return string.sub(redis.sha1hex(id), 1, FIELD + DIGITS)
end

local function is_empty(day)
  if sizes[day] == nil then sizes[day] = redis.call('HLEN', key_of('sends', day)) end
  return sizes[day] == 0
end

local function group_of(day, field)
  local groups_of_day = groups[day] or {}
  groups[day] = groups_of_day
  if groups_of_day[field] == nil then
    groups_of_day[field] = not is_empty(day) and redis.call('HGET', key_of('sends', day), field) or ''
  end
  return groups_of_day[field]
end

local function place_in(group, digits)
  local from = 1
  while true do
    local at = string.find(group, digits, from, true)
    if not at or (at - 1) % WIDTH == 0 then return at end
    from = at + 1
  end
end

-- The message with this digest, from `oldest` on; no status is older than the sending.
local function find(digest, oldest)
  local field, digits = string.sub(digest, 1, FIELD), string.sub(digest, FIELD + 1)
  for day = newest_day, math.max(oldest, options.first), -1 do
    if place_of_day[day] then
      local group = group_of(day, field)
      local at = group ~= '' and place_in(group, digits)
      if at then
        local rest = string.sub(group, at + DIGITS, at + WIDTH - 1)
        return {
          day = day, field = field, digits = digits, flags = string.byte(rest, 1) - 64,
          words = string.sub(rest, 2, 4), hour = string.byte(rest, 5) - 65,
        }
      end
    end
  end
  return nil
end

local function has(message, flag)
  return math.floor(message.flags / flag) % 2 == 1
end

local function keep(message)
  local group = group_of(message.day, message.field)
  local text = message.digits .. string.char(64 + message.flags) .. message.words .. string.char(65 + message.hour)
  local at = place_in(group, message.digits)
  if at and string.sub(group, at, at + WIDTH - 1) == text then return end
  if at then
    group = string.sub(group, 1, at - 1) .. text .. string.sub(group, at + WIDTH)
  else
    group = group .. text
  end
  groups[message.day][message.field] = group
  changed_groups[message.day] = changed_groups[message.day] or {}
  changed_groups[message.day][message.field] = true
end

-- A message that was not known before. Nothing when the day is full.
local function add(digest, day, hour)
  if fresh[day] == nil then
    fresh[day] = { before = tonumber(redis.call('HGET', key_of('words', day), 'n') or 0), added = 0 }
  end
  if fresh[day].before + fresh[day].added >= options.sends_max then return nil end
  fresh[day].added = fresh[day].added + 1
  return {
    day = day, hour = hour, field = string.sub(digest, 1, FIELD), digits = string.sub(digest, FIELD + 1),
    flags = 0, words = NO_WORDS,
  }
end

-- Labels are { template, topic, campaign, how the topic is known: 1 by Meta's category alone, else 0 }.
local function labels_of(message)
  if message.words == NO_WORDS then return { '', '', '', 0 } end
  if message.words == OTHER_WORDS then return { '*', '', '*', 0 } end
  local known = words[message.day] or {}
  words[message.day] = known
  if not known[message.words] then
    local text = redis.call('HGET', key_of('words', message.day), message.words)
    known[message.words] = text and cjson.decode(text) or { '', '', '', 0 }
  end
  return known[message.words]
end

local function number_of(day, labels)
  local text = cjson.encode({ labels[1], labels[2], labels[3], labels[4] })
  local key = key_of('words', day)
  local number = redis.call('HGET', key, '=' .. text)
  if number then return number end
  local count = redis.call('HINCRBY', key, '#', 1)
  if count > MOST_WORDS then return OTHER_WORDS end
  number = string.format('%03x', count)
  redis.call('HSET', key, '=' .. text, number, number, text)
  return number
end

-- Both together; nothing when `more` says nothing new. What the sender says of the topic beats Meta's category.
local function merged(known, more)
  local both, is_new = { known[1], known[2], known[3], known[4] }, false
  for _, at in ipairs({ 1, 3 }) do
    if both[at] == '' and more[at] ~= '' then both[at], is_new = more[at], true end
  end
  if more[2] ~= '' and (both[2] == '' or both[4] == 1 and more[4] == 0) then
    both[2], both[4], is_new = more[2], more[4], true
  end
  return is_new and both or nil
end

local function expire(key, day)
  redis.call('EXPIREAT', key, text_of((day + options.sends_days + 1) * DAY / 1000))
end

local function write_known()
  for day, fields in pairs(changed_groups) do
    local list = {}
    for field in pairs(fields) do
      list[#list + 1] = field
      list[#list + 1] = groups[day][field]
    end
    for from = 1, #list, 1000 do
      redis.call('HSET', key_of('sends', day), unpack(list, from, math.min(from + 999, #list)))
    end
    if fresh[day] and fresh[day].added > 0 then
      redis.call('HINCRBY', key_of('words', day), 'n', fresh[day].added)
    end
    expire(key_of('sends', day), day)
    expire(key_of('words', day), day)
  end
end
