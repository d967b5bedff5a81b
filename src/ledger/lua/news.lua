-- Notes what Meta tells of templates, numbers and the account: each piece of news once, and where things stand.
--
-- KEYS  1 news       STREAM of all of it
--       2 news:seen  ZSET of digests of what is in the stream, by time
--       3 templates  HASH of templates by id: JSON with id, name, language, waba, first (ms), and `a`, the newest
--         { v = value, t = ms, d = detail } of `status`, `quality`, `category`, `coming` and `components`
--       4 accounts   HASH of the newest of each kind of news of an account or number, as JSON
-- ARGV  1 entries kept in the stream   2 fields kept in each HASH
--       3.. one piece of news each as JSON: about, waba, subject, value, detail, at (ms), and for a template name,
--       language and category
-- Returns { how many were new, how many found no place in a HASH }

local news, seen, templates, accounts = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local most, room = tonumber(ARGV[1]), tonumber(ARGV[2])
local fresh, left_out = 0, 0

local function read_json(key, field)
  local text = redis.call('HGET', key, field)
  local fine, record = pcall(cjson.decode, text or '')
  return fine and type(record) == 'table' and record or nil
end

local function has_room(key)
  if redis.call('HLEN', key) < room then return true end
  left_out = left_out + 1
  return false
end

-- The newest counts, whatever the order in which they come.
local function set(record, aspect, value, item, detail)
  local known = record.a[aspect]
  if known and known.t > item.at then return end
  record.a[aspect] = { v = value, t = item.at, d = detail or '' }
end

local function note_template(item)
  local field = item.subject ~= '' and item.subject or item.name .. '/' .. item.language
  local record = read_json(templates, field)
  if not record then
    if not has_room(templates) then return end
    record = { id = item.subject, name = item.name, language = item.language, waba = item.waba, first = item.at, a = {} }
  end
  record.first = math.min(record.first, item.at)
  if item.name ~= '' then record.name = item.name end
  if item.language ~= '' then record.language = item.language end
  set(record, item.about, item.value, item, item.detail)
  if item.about == 'status' and item.category ~= '' and not record.a.category then
    set(record, 'category', item.category, item)
  elseif item.about == 'category' then
    -- What was announced has come.
    if record.a.coming and record.a.coming.t <= item.at then record.a.coming = nil end
  end
  redis.call('HSET', templates, field, cjson.encode(record))
end

local function note_account(item)
  local field = item.waba .. '/' .. item.about .. '/' .. item.subject .. '/' .. item.value
  local known = read_json(accounts, field)
  if known and known.at > item.at then return end
  if known or has_room(accounts) then redis.call('HSET', accounts, field, cjson.encode(item)) end
end

for index = 3, #ARGV do
  local item = cjson.decode(ARGV[index])
  if redis.call('ZADD', seen, 'NX', item.at, redis.sha1hex(ARGV[index])) == 1 then
    fresh = fresh + 1
    redis.call('XADD', news, 'MAXLEN', '~', ARGV[1], '*', 'news', ARGV[index])
    if item.template then note_template(item) else note_account(item) end
  end
end
redis.call('ZREMRANGEBYRANK', seen, 0, -2 * most - 1)
return { fresh, left_out }
