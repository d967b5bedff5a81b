-- Second part of `apply.lua`: what an event changes, decided in memory.

local MAX_MOVES = 8

-- What is to be written at the end, in this order of kinds.
local links, touched, tells, remembered, queue, outdated, trails, claims = {}, {}, {}, {}, {}, {}, {}, {}

local function add_once(list, item)
  for _, other in ipairs(list) do
    if other == item then return false end
  end
  list[#list + 1] = item
  return true
end

local function raise(record, name, side, time)
  local register = record.r[name]
  if not register then
    register = {}
    record.r[name] = register
  end
  if time > (register[side] or 0) then register[side] = time end
end

local function raise_all(record, from)
  for name, register in pairs(from.r) do
    if register.s then raise(record, name, 's', register.s) end
    if register.b then raise(record, name, 'b', register.b) end
  end
end

local function merge(into, from)
  for _, canonical in ipairs(from.c) do add_once(into.c, canonical) end
  for _, spelling in ipairs(from.m) do add_once(into.m, spelling) end
  raise_all(into, from)
  for kind, time in pairs(from.k) do into.k[kind] = math.max(into.k[kind] or 0, time) end
  for _, move in ipairs(from.mv) do into.mv[#into.mv + 1] = move end
  for canonical, time in pairs(from.ab) do into.ab[canonical] = math.max(into.ab[canonical] or 0, time) end
  into.j = into.j or from.j
  if from.q and not (into.q and into.q.t >= from.q.t) then into.q = from.q end
end

-- The one record of everybody with these identifiers; records that turn out to be one person's are merged.
local function person(ids)
  for _, id in ipairs(ids) do
    if known[id.c] == nil then
      read_people({ ids })
      break
    end
  end
  local record
  for _, id in ipairs(ids) do
    local field = type(known[id.c]) == 'string' and known[id.c] or id.c
    local other = known[field]
    if type(other) == 'table' and other ~= record then
      if not record then
        record = other
      else
        merge(record, other)
        for scope in pairs(about[other].before) do about[record].before[scope] = true end
        remembered[#remembered + 1] = { into = about[record].field, from = about[other].field, goes = true }
        about[other].gone = true
        for _, canonical in ipairs(other.c) do known[canonical] = about[record].field end
        known[about[other].field] = about[record].field
      end
    end
  end
  if not record then
    record = { v = 1, c = {}, m = {}, r = {}, k = {}, mv = {}, ab = {} }
    known[ids[1].c] = record
    about[record] = { field = ids[1].c, before = {} }
  end
  local field = about[record].field
  about[record].changed = true
  for _, id in ipairs(ids) do
    add_once(record.c, id.c)
    for _, spelling in ipairs(id.m) do add_once(record.m, spelling) end
  end
  for _, canonical in ipairs(record.c) do
    if canonical ~= field and links[canonical] ~= field then
      links[canonical] = field
      known[canonical] = field
    end
  end
  return record, field
end

local function covers(scopes, scope)
  return scopes.all or scopes[scope] or false
end

-- Which of these sets somebody is in, by any spelling, whoever put them there.
local function listed(record, scopes)
  local found = {}
  for scope in pairs(scopes) do
    if sets[scope] then
      read_members(scope, record.m)
      for _, member in ipairs(record.m) do
        if holds[scope][member] then found[scope] = true end
      end
    end
  end
  return found
end

-- Makes the sets say what the record says. `lift` names scopes to take off the sets although no record
-- refused them.
local function settle_sets(event, record, after, lift)
  local before = about[record].before
  for scope in pairs(sets) do
    local stop = after[scope] or false
    if stop or before[scope] or lift and lift[scope] then
      read_members(scope, record.m)
      local now_held = holds[scope]
      for _, member in ipairs(record.m) do
        if now_held[member] ~= stop then
          now_held[member] = stop
          local at = #tells
          tells[at + 1], tells[at + 2] = member, scope
          tells[at + 3], tells[at + 4] = stop and 'stop' or 'start', event.time_text
          if stop then event.stops = event.stops + 1 else event.starts = event.starts + 1 end
        end
      end
    end
  end
  about[record].before = after
end

local now_text = string.format('%.0f', now)

local function remember(event, field, applied)
  remembered[#remembered + 1] = {
    into = field,
    line = '{"t":' .. event.time_text .. ',"w":' .. now_text .. ',"act":"' .. event.act
      .. '","scope":"' .. event.scope .. (applied and '","ap":1,' or '",') .. event.reasons .. event.words .. '}',
  }
end

local function concerns(event, scope)
  return event.scope == 'all' or scope == event.scope
end

local function close_question(event, record)
  record.q, event.answered = nil, 1
end

-- Raises the registers of the person with these identifiers, and of whoever that person became when the
-- event is from before the move: whoever has the number now did not say it.
local function decide(event, ids, time, visited, depth)
  local record, field = person(ids)
  if visited[field] or depth > MAX_MOVES then return nil end
  visited[field] = true
  local act = event.act
  if act == 'reason' then
    -- A reason from somebody who never decided is the decision to leave.
    act = next(record.r) == nil and 'stop' or 'note'
  end
  local looked = { all = true, [event.scope] = true }
  if act == 'start' and event.scope == 'all' then looked = sets end
  local before = listed(record, looked)
  if act ~= 'note' then
    if event.force then
      for name, register in pairs(record.r) do
        if concerns(event, scope_of(name)) then
          time = math.max(time, (register.s or 0) + 1, (register.b or 0) + 1)
        end
      end
    end
    for _, name in ipairs(event.regs) do raise(record, name, act == 'stop' and 's' or 'b', time) end
    -- Whatever is decided after a question answers it.
    if record.q and depth == 1 and time >= record.q.t then close_question(event, record) end
  end

  local after = refused(record)
  local lift
  local result = 'already'
  if act == 'stop' then
    if not after[event.scope] then
      result = 'older'
    elseif not before[event.scope] then
      result = 'applied'
    end
  elseif act == 'start' then
    for scope in pairs(before) do
      if concerns(event, scope) and after[scope] then
        result = 'older'
      elseif concerns(event, scope) and (event.lifts or about[record].before[scope]) then
        lift = lift or {}
        lift[scope] = true
      end
    end
    if lift then result = 'applied' end
  end
  settle_sets(event, record, after, lift)
  remember(event, field, result == 'applied' or event.act == 'reason')
  for _, move in ipairs(record.mv) do
    if time <= move.t then decide(event, move.to, time, visited, depth + 1) end
  end
  return record, result, before, after
end

-- Copies what `record` refuses to whoever has the identifiers `ids` since `time`.
local function hand_over(event, record, ids, time, visited, depth)
  local heir, field = person(ids)
  if visited[field] or depth > MAX_MOVES then return end
  visited[field] = true
  raise_all(heir, record)
  settle_sets(event, heir, refused(heir))
  remembered[#remembered + 1] = { into = field, from = about[record].field }
  remember(event, field, true)
  for _, move in ipairs(heir.mv) do
    if time <= move.t then hand_over(event, record, move.to, time, visited, depth + 1) end
  end
end

local function same_ids(a, b)
  if #a ~= #b then return false end
  for index, id in ipairs(a) do
    if id.c ~= b[index].c then return false end
  end
  return true
end

local function move(event)
  local record, field = person(event.ids)
  for _, other in ipairs(record.mv) do
    if same_ids(other.to, event.to) then return record, 'already' end
  end
  -- Somebody whom only the sets know, from a list of before, moves with what the sets say.
  for scope in pairs(listed(record, sets)) do
    if not about[record].before[scope] then raise(record, scope, 's', event.t) end
  end
  hand_over(event, record, event.to, event.t, { [field] = true }, 1)
  record.mv[#record.mv + 1] = { to = event.to, t = event.t }
  while #record.mv > MAX_MOVES do table.remove(record.mv, 1) end
  for _, id in ipairs(event.ids) do record.ab[id.c] = event.t end
  settle_sets(event, record, refused(record))
  remember(event, field, true)
  return record, 'applied'
end

-- Whether a message of this kind may go to the person now: once in the cool-down.
local function is_rested(record, kind)
  local last = record.k[kind]
  return not (last and now >= last and now - last < tonumber(ARGV[6]))
end

-- Turns an event into a stop whose words alone decide nothing; `context` says what decided.
local function become_stop(event, scope, context)
  event.act, event.scope, event.regs = 'stop', scope, { scope }
  event.reasons = event.reasons .. ',"context":"' .. context .. '"'
  if event.job then event.job.kind, event.job.scope = 'stopped', scope end
end

local function known_record(id)
  local value = known[id.c]
  if type(value) == 'string' then value = known[value] end
  return value or nil
end

-- Whether marketing was delivered to the person within the event's time before it.
local function follows_marketing(event)
  local fields = {}
  for _, id in ipairs(event.ids) do
    fields[#fields + 1] = id.c
    local record = known_record(id)
    for _, canonical in ipairs(record and record.c or {}) do add_once(fields, canonical) end
  end
  for _, at in ipairs(event.sends or {}) do
    for _, time in ipairs(redis.call('HMGET', KEYS[at], unpack(fields))) do
      local ago = event.t - (tonumber(time or nil) or math.huge)
      if ago >= 0 and ago <= event.within then return true end
    end
  end
  return false
end

-- The question that the event answers: about a text from before it, asked not long ago or quoted, not answered yet, and
-- sent. The time runs from the asking: Meta may have delivered the text hours late.
local function open_question(event)
  for _, id in ipairs(event.ids) do
    local record = known_record(id)
    local question = record and record.q
    if question and event.t > question.t then
      for _, job in ipairs(queue) do
        if job.id == question.j then return nil end
      end
      local text = redis.call('HGET', KEYS[7], question.j)
      local job = text and cjson.decode(text) or {}
      -- Of a message that was sent, the reason is its id.
      local quotes = event.quoted and job.state == 'sent' and job.reason == event.quoted
      local elsewhere = event.quoted and job.state == 'sent' and not quotes
      local asked = math.max(question.t, question.w or 0)
      local is_sent = job.state ~= 'due' and job.state ~= 'dropped'
      if is_sent and not elsewhere and (quotes or event.t - asked <= event.within) then return question end
    end
  end
  return nil
end

-- The scope that an answer to a question refuses.
local function answered_scope(event, question)
  if event.says == 'stop' then return event.scope end
  if event.says == 'only' and question.s == 'all' and sets.marketing then return 'marketing' end
  return question.s
end

-- Asks and answers that change nothing. One that is not sent leaves no trace of the person.
local function message(event)
  local members = {}
  for _, id in ipairs(event.ids) do
    for _, spelling in ipairs(id.m) do members[#members + 1] = spelling end
  end
  if event.act == 'ask' and covers(listed({ m = members }, { all = true, [event.scope] = true }), event.scope) then
    return nil, 'already'
  end
  if not event.job then return nil, 'applied' end
  return (person(event.ids)), 'applied'
end

-- Ties identifiers that a webhook showed to be one person's: whoever refused something under one of them
-- refuses it under all, and so does whoever stands on a list from before. Says nothing when nothing is new.
local function link(event)
  local first, fresh
  for _, id in ipairs(event.ids) do
    local field = type(known[id.c]) == 'string' and known[id.c] or known[id.c] and id.c
    if not field or first and first ~= field then fresh = true end
    first = first or field
  end
  if not fresh then
    if not has_stop(known[first]) then touched[#touched + 1] = first end
    return nil, 'already'
  end
  local record, field = person(event.ids)
  for scope in pairs(listed(record, sets)) do
    -- Nobody knows since when: any start is newer.
    if not about[record].before[scope] then raise(record, scope, 's', 1) end
  end
  settle_sets(event, record, refused(record))
  if event.stops == 0 then return nil, 'already' end
  remember(event, field, true)
  return record, 'applied'
end

-- A message that waits to be sent and is no longer true is not sent.
local function call_off(event, record)
  local opposite = ({ stop = 'resumed', start = 'stopped' })[event.act]
  for index, job in ipairs(queue) do
    if job.id == record.j and job.kind == opposite then return table.remove(queue, index) end
  end
  local text = redis.call('HGET', KEYS[7], record.j)
  local waiting = text and cjson.decode(text)
  if waiting and waiting.state == 'due' and waiting.kind == opposite then
    outdated[#outdated + 1] = waiting
  end
end

local function apply(event)
  local record, result, before, after
  if event.act == 'answer' then
    local question = open_question(event)
    if not question then return 'unasked' end
    if event.says == 'keep' then
      event.act, event.scope, event.job = 'keep', question.s, nil
      record, result = (person(event.ids)), 'applied'
      close_question(event, record)
    else
      become_stop(event, answered_scope(event, question), 'question')
    end
  elseif event.act == 'ask' and follows_marketing(event) then
    become_stop(event, event.scope, 'marketing')
  elseif event.silent then
    return 'unasked'
  end
  if event.act == 'keep' then
    -- Nothing else happens.
  elseif event.act == 'move' then
    record, result = move(event)
  elseif event.act == 'help' or event.act == 'ask' then
    record, result = message(event)
  elseif event.act == 'link' then
    record, result = link(event)
    if not record then return result end
  else
    record, result, before, after = decide(event, event.ids, event.t, {}, 1)
  end
  if record and record.j and result == 'applied' then call_off(event, record) end
  local job = event.job
  if job and record and result == 'applied' and now < job.expires_at and is_rested(record, job.kind) then
    -- Only a real change is told: not a topic refused by somebody who had refused everything.
    local unreal = job.kind == 'stopped' and covers(before, event.scope)
      or job.kind == 'resumed' and covers(after, event.scope)
    if not unreal then
      record.k[job.kind], record.j = now, job.id
      if job.kind == 'ask' then record.q = { t = event.t, s = event.scope, j = job.id, w = now } end
      job.v, job.state, job.made_at = 1, 'due', now
      job.attempts, job.token, job.maybe_sent = 0, 0, 0
      queue[#queue + 1] = job
      event.queued = 1
    end
  end
  trails[#trails + 1] = { event, result, record and about[record].field or event.ids[1].c }
  return result
end
