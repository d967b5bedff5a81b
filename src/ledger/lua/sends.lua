-- Takes statuses, or what senders registered: what was sent, what came of it, and who was sent to against the list.
--
-- KEYS, ARGV[1]  as in `insight/open.lua`, whose parts stand before this one
-- ARGV  2.. one message each as JSON: id; kind (sent | delivered | read | failed | known, the last for what a sender
--       registered); t (unix ms); class (marketing | utility | service, or missing); template, topic, campaign where
--       the sender told them; code of a failure; to, as Meta wrote it; ids of the person, { c = canonical,
--       m = { spellings } } each
-- Returns { `done` or `moved`, breaches, opt-outs attributed late, sends that wait to be judged }
--
-- Whatever comes twice changes nothing the second time: what happened to a message is kept with it.

-- How long ago something may have been sent to somebody of whom nobody knows since when they are on the list.
local RECENT = 600000
local MOST_OPEN = 10000
local BROKEN_LIST = 32
local FIGURES = { { SENT, 'sent' }, { DELIVERED, 'delivered' }, { READ, 'read' }, { FAILED, 'failed' }, { BROKEN_LIST, 'breaches' } }
local HAPPENED = {
  sent = { SENT }, delivered = { SENT, DELIVERED }, read = { SENT, DELIVERED, READ }, failed = { FAILED }, known = {},
}
local FIGURE_OF = { [SENT] = 'sent', [DELIVERED] = 'delivered', [READ] = 'read', [FAILED] = 'failed' }

if not is_mine() then return { 'moved', 0, 0, 0 } end

local items, breaches, learnt = {}, 0, {}
for index = 2, #ARGV do items[#items + 1] = cjson.decode(ARGV[index]) end
-- Those whose time has come without a `sent`.
local due = redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', text_of(now), 'LIMIT', 0, 100)
local judged_late = {}
for _, text in ipairs(due) do judged_late[#judged_late + 1] = cjson.decode(text) end

local function is_judged(item)
  return item.kind ~= 'failed' and item.kind ~= 'known' and item.class ~= 'service'
end

-- What the lists say of those of whom no record says anything: a list from before may hold them.
local on_list = {}
local function read_lists(all)
  local members, asked = {}, {}
  for _, item in ipairs(all) do
    if is_judged(item) and now - item.t <= RECENT then
      for _, id in ipairs(item.ids) do
        local record = record_of(id.c)
        if not (record and has_stop(record)) then
          for _, member in ipairs(id.m) do
            if not asked[member] then
              asked[member] = true
              members[#members + 1] = member
            end
          end
        end
      end
    end
  end
  if #members == 0 then return end
  for scope, set in pairs(set_of) do
    on_list[scope] = {}
    for from = 1, #members, 1000 do
      local piece = { unpack(members, from, math.min(from + 999, #members)) }
      for index, is in ipairs(redis.call('SMISMEMBER', set, unpack(piece))) do
        if is == 1 then on_list[scope][piece[index]] = true end
      end
    end
  end
end

-- The scope that was broken, since when it was refused (0: nobody knows), and whose it is.
local function broken_scope(item, labels)
  local topic = set_of[labels[2]] and labels[2] or item.class == 'marketing' and 'marketing' or 'all'
  for _, scope in ipairs(topic == 'all' and { 'all' } or { 'all', topic }) do
    for _, id in ipairs(item.ids) do
      local record, field = record_of(id.c)
      local since = record and refused_since(record, field, scope, item.t, options.grace)
      if since then return scope, since, field end
      for _, member in ipairs(now - item.t <= RECENT and id.m or {}) do
        if on_list[scope] and on_list[scope][member] then return scope, 0, field or id.c end
      end
    end
  end
  return nil
end

local function write_breach(item, message, labels, scope, since, field)
  breaches = breaches + 1
  message.flags = message.flags + BROKEN_LIST
  raise(message.day, message.hour, 'breaches', 1)
  raise_by_labels(message.day, message.hour, 'breaches', labels, 1)
  raise_by(message.day, message.hour, 'breaches', 'scope', scope, 1)
  local since_text, time_text = text_of(since), text_of(item.t)
  redis.call('XADD', KEYS[4], 'MAXLEN', '~', text_of(options.breaches_max), '*', 'identifier', item.to, 'scope', scope,
    'since', since_text, 'sent', time_text, 'template', labels[1], 'topic', labels[2], 'campaign', labels[3],
    'category', item.class or '', 'message', item.id, 'person', field)
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', text_of(options.audit_max), '*', 'act', 'breach', 'scope', scope,
    'result', 'counted', 'person', field, 'time', time_text, 'event', cjson.encode({
      source = 'status', template = labels[1], topic = labels[2], campaign = labels[3], since = since_text,
    }))
end

local function judge(item, message, labels)
  if has(message, JUDGED) or not is_judged(item) then return end
  -- Without category and topic it may be a reply in an open window.
  if not item.class and labels[2] == '' then return end
  local scope, since, field = broken_scope(item, labels)
  if item.kind == 'sent' or item.last_word then
    message.flags = message.flags + JUDGED
    if scope then write_breach(item, message, labels, scope, since, field) end
  elseif scope and redis.call('ZCARD', KEYS[5]) < MOST_OPEN then
    -- It may have been sent before they left: its `sent` tells when.
    item.last_word = true
    redis.call('ZADD', KEYS[5], now + options.grace, cjson.encode(item))
  end
end

local function learn(item, message, digest)
  local labels = labels_of(message)
  if message.words == OTHER_WORDS then return labels end
  local given = { item.template or '', item.topic or '', item.campaign or '', 0 }
  if given[2] == '' and item.class == 'marketing' then given[2], given[4] = 'marketing', 1 end
  local both = merged(labels, given)
  if not both then return labels end
  learnt[digest] = both
  message.words = number_of(message.day, both)
  local counted = labels_of(message)
  for _, figure in ipairs(FIGURES) do
    if has(message, figure[1]) then
      raise_by_labels(message.day, message.hour, figure[2], labels, -1)
      raise_by_labels(message.day, message.hour, figure[2], counted, 1)
    end
  end
  return counted
end

local function note_last(item, message, labels)
  if not options.last or labels[1] == '' then return end
  local key = key_of('last', message.day)
  for _, id in ipairs(item.ids) do redis.call('HSET', key, id.c, message.words .. text_of(item.t)) end
  expire(key, message.day)
end

local function note_marketing(item)
  local day = moment(item.t)
  if item.class ~= 'marketing' or not day or now - item.t >= options.marketing then return end
  local key = key_of('marketing', day)
  for _, id in ipairs(item.ids) do redis.call('HSET', key, id.c, text_of(item.t)) end
  redis.call('EXPIREAT', key, text_of(((day + 1) * DAY + options.marketing) / 1000))
end

local function take(item)
  local day, hour = moment(item.t)
  local digest, oldest = digest_of(item.id), options.first
  if item.kind == 'sent' or item.kind == 'known' then oldest = math.floor(math.min(item.t, now) / DAY) - 1 end
  local message = find(digest, oldest)
  if not message then
    message = day and day >= options.first and add(digest, day, hour)
    if not message then
      local today, this_hour = moment(now)
      raise(today, this_hour, day and 'statuses_dropped' or 'statuses_late', 1)
      return
    end
  end
  local labels = learn(item, message, digest)
  for _, flag in ipairs(HAPPENED[item.kind] or {}) do
    if not has(message, flag) then
      message.flags = message.flags + flag
      raise(message.day, message.hour, FIGURE_OF[flag], 1)
      raise_by_labels(message.day, message.hour, FIGURE_OF[flag], labels, 1)
      if flag == FAILED then raise_by(message.day, message.hour, 'failed', 'code', item.code, 1) end
      if flag == DELIVERED then
        note_last(item, message, labels)
        note_marketing(item)
      end
    end
  end
  judge(item, message, labels)
  keep(message)
end

local fields = {}
for _, list in ipairs({ items, judged_late }) do
  for _, item in ipairs(list) do
    for _, id in ipairs(is_judged(item) and item.ids or {}) do fields[#fields + 1] = id.c end
  end
end
read_everybody(fields)
read_lists(items)
read_lists(judged_late)
if options.dropped > 0 then
  local today, this_hour = moment(now)
  raise(today, this_hour, 'statuses_dropped', options.dropped)
end
for _, item in ipairs(items) do take(item) end
for index, item in ipairs(judged_late) do
  local message = find(digest_of(item.id), options.first)
  if message then
    judge(item, message, labels_of(message))
    keep(message)
  end
  redis.call('ZREM', KEYS[5], due[index])
end
local attributed = tell_waiting(learnt)
write_attributions()
write_known()
write_counts()
if options.stream == 'sends' then redis.call('XTRIM', KEYS[9], 'MINID', options.to_next) end
move_cursor()
return { 'done', breaches, attributed, redis.call('ZCARD', KEYS[5]) }
