-- Counts decisions from the audit stream, and ties each opt-out to the message that provoked it.
--
-- KEYS, ARGV[1]  as in `insight/open.lua`, whose parts stand before this one
-- ARGV  2.. one entry each as JSON: act, scope, result, person, t (unix ms), t_text (the same as the entry has it),
--       kind of a message; source, rule, language, reason; quoted, the id of the message that was answered or refused;
--       template, topic, campaign, how, where the entry itself tells them
-- Returns { `done` or `moved`, opt-outs, stops that nobody had told us of }
--
-- The cursor moves in the same script, so that each entry is counted once, whoever fails in between.

if not is_mine() then return { 'moved', 0, 0 } end

local items, fields = {}, {}
for index = 2, #ARGV do
  local item = cjson.decode(ARGV[index])
  items[#items + 1] = item
  if item.act == 'stop' or item.act == 'start' or item.act == 'reason' then fields[#fields + 1] = item.person end
end
read_everybody(fields)

-- The last template that was delivered to somebody before `time`.
local function last_template(record, time)
  for day = math.min(newest_day, math.floor(time / DAY)), options.first, -1 do
    local best, labels
    if place_of_day[day] then
      for _, canonical in ipairs(record.c) do
        local value = redis.call('HGET', key_of('last', day), canonical)
        local at = value and tonumber(string.sub(value, 4))
        if at and at <= time and at > (best or 0) then
          best, labels = at, labels_of({ day = day, words = string.sub(value, 1, 3) })
        end
      end
    end
    if labels then return labels end
  end
  return nil
end

-- The labels of the message that provoked an opt-out, how they are known, and the digest of the message.
local function provocation(item, record)
  local labels = { item.template or '', item.topic or '', item.campaign or '', 0 }
  local how, digest = item.how or 'none', nil
  if item.quoted then
    digest = digest_of(item.quoted)
    local message = find(digest, options.first)
    local both = message and merged(labels, labels_of(message))
    if both then
      labels = both
      if how == 'none' then how = 'context' end
    end
  end
  if how == 'none' and options.last and record then
    local last = last_template(record, item.t)
    if last then labels, how = last, 'last' end
  end
  return labels, how, digest
end

-- What is known of the message that provoked somebody's newest opt-out: a stop, or, where there is none, the first
-- reason, which was the decision then.
local function earlier_provocation(field)
  local newest
  for _, line in ipairs(field and evidence_of(field) or {}) do
    local entry = decoded(line)
    if entry.ap == 1 and (entry.act == 'stop' or entry.act == 'reason' and not newest) then newest = entry end
  end
  if not newest then return { '', '', '', 0 }, 'none', nil end
  local fact = newest['for']
  local labels = fact and { fact.template, fact.topic, fact.campaign, 0 } or { '', '', '', 0 }
  return labels, fact and fact.how or 'none', newest.quoted and digest_of(newest.quoted)
end

local opt_outs, missed = 0, 0

local function count_opt_out(item, record, field, day, hour)
  local labels, how, digest = provocation(item, record)
  opt_outs = opt_outs + 1
  raise(day, hour, 'opt_outs', 1)
  for _, dimension in ipairs({ 'source', 'scope', 'language', 'rule', 'reason' }) do
    raise_by(day, hour, 'opt_outs', dimension, item[dimension], 1)
  end
  raise_by(day, hour, 'opt_outs', 'how', how, 1)
  raise_by_labels(day, hour, 'opt_outs', labels, 1)
  if field and how ~= 'none' then
    attribute(field, function(line) return is_decision(line, item.t_text) end, labels, how)
  end
  if digest and (labels[1] == '' or how == 'last') then
    wait_for(digest, { p = field or item.person, t = item.t_text, d = day, h = hour, l = labels, how = how, f = { 'opt_outs' } })
  end
  if item.source == 'refused' and not (record and refused_since(record, field, 'all', item.t)) then
    missed = missed + 1
    raise(day, hour, 'missed_stops', 1)
    raise_by_labels(day, hour, 'missed_stops', labels, 1)
  end
end

local function count_reason(item, field, day, hour)
  local labels, how, digest = earlier_provocation(field)
  local figures = { 'reasons', 'reason:' .. item.reason }
  for _, figure in ipairs(figures) do
    raise(day, hour, figure, 1)
    raise_by_labels(day, hour, figure, labels, 1)
  end
  if digest and (labels[1] == '' or how == 'last') then
    wait_for(digest, { p = field, t = item.t_text, d = day, h = hour, l = labels, how = how, f = figures })
  end
end

for _, item in ipairs(items) do
  local day, hour = moment(item.t)
  local record, field = record_of(item.person)
  if not day then
    day, hour = moment(now)
    raise(day, hour, 'decisions_late', 1)
  elseif item.act == 'message' then
    raise(day, hour, 'confirmations', 1)
    raise_by(day, hour, 'confirmations', 'kind', item.kind, 1)
    raise_by(day, hour, 'confirmations', 'result', item.reason or item.result, 1)
  elseif item.result ~= 'duplicate' then
    local applied = item.result == 'applied'
    if applied and (item.act == 'stop' or item.act == 'reason') then
      count_opt_out(item, record, field, day, hour)
    elseif applied and item.act == 'start' then
      raise(day, hour, 'returns', 1)
      for _, dimension in ipairs({ 'source', 'scope', 'language', 'rule' }) do
        raise_by(day, hour, 'returns', dimension, item[dimension], 1)
      end
      raise_by_labels(day, hour, 'returns', (earlier_provocation(field)), 1)
    elseif item.act == 'ask' or item.act == 'near_miss' then
      local figure = item.act == 'ask' and 'asked' or 'near_misses'
      raise(day, hour, figure, 1)
      raise_by(day, hour, figure, 'rule', item.rule, 1)
      raise_by(day, hour, figure, 'language', item.language, 1)
    end
    if item.act == 'reason' and item.reason then count_reason(item, field, day, hour) end
  end
end
if options.gap then
  local day, hour = moment(now)
  raise(day, hour, 'gaps', 1)
end
bound_waiting()
write_attributions()
write_counts()
move_cursor()
return { 'done', opt_outs, missed }
