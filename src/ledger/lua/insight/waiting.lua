-- Opt-outs that answer a message of which nothing is known yet; not a script of its own. A field holds a JSON list of
--   p  the field of the person    t  the time of the decision, in digits    d, h  the day and hour of the count
--   l  the labels that it was counted with    how  how these were known    f  the figures that it was counted in

local MOST_ANSWERS = 8

local function wait_for(digest, answer)
  local text = redis.call('HGET', KEYS[6], digest)
  local list = text and cjson.decode(text) or {}
  if #list >= MOST_ANSWERS then return end
  list[#list + 1] = answer
  redis.call('HSET', KEYS[6], digest, cjson.encode(list))
  redis.call('ZADD', KEYS[7], now, digest)
end

local function forget_waiting(digests)
  for from = 1, #digests, 1000 do
    local piece = { unpack(digests, from, math.min(from + 999, #digests)) }
    redis.call('HDEL', KEYS[6], unpack(piece))
    redis.call('ZREM', KEYS[7], unpack(piece))
  end
end

-- Keeps those that wait within their bounds: so many, and for as long as anything is known of messages.
local function bound_waiting()
  local too_many = redis.call('ZCARD', KEYS[7]) - options.waiting_max
  if too_many > 0 then forget_waiting(redis.call('ZRANGE', KEYS[7], 0, math.min(too_many, 1000) - 1)) end
  local old = text_of(now - options.sends_days * DAY)
  forget_waiting(redis.call('ZRANGEBYSCORE', KEYS[7], '-inf', old, 'LIMIT', 0, 100))
end

local function is_decision(line, time_text)
  local head = '{"t":' .. time_text .. ','
  if string.sub(line, 1, #head) ~= head then return false end
  return string.find(line, '"act":"stop"', 1, true) or string.find(line, '"act":"reason"', 1, true)
end

-- Tells those that wait what was learnt, by digest. Returns how many opt-outs were attributed late.
local function tell_waiting(learnt)
  local digests, told, attributed = {}, {}, 0
  for digest in pairs(learnt) do digests[#digests + 1] = digest end
  if #digests == 0 or redis.call('HLEN', KEYS[6]) == 0 then return 0 end
  local waiting, fields = read_fields_of(KEYS[6], digests), {}
  for digest, text in pairs(waiting) do
    if text then
      waiting[digest] = cjson.decode(text)
      for _, answer in ipairs(waiting[digest]) do fields[#fields + 1] = answer.p end
    end
  end
  read_everybody(fields)
  for digest, list in pairs(waiting) do
    for _, answer in ipairs(list or {}) do
      local known = answer.how == 'last' and { '', '', '', 0 } or answer.l
      local labels = merged(known, learnt[digest]) or known
      local how = (answer.how == 'none' or answer.how == 'last') and 'late' or answer.how
      if place_of_day[answer.d] then
        for _, figure in ipairs(answer.f) do
          raise_by_labels(answer.d, answer.h, figure, answer.l, -1)
          raise_by_labels(answer.d, answer.h, figure, labels, 1)
        end
      end
      if answer.f[1] == 'opt_outs' then
        if place_of_day[answer.d] then
          raise_by(answer.d, answer.h, 'opt_outs', 'how', answer.how, -1)
          raise_by(answer.d, answer.h, 'opt_outs', 'how', how, 1)
        end
        local _, field = record_of(answer.p)
        local is_it = function(line) return is_decision(line, answer.t) end
        if field then attribute(field, is_it, labels, how) end
        attributed = attributed + 1
      end
      answer.l, answer.how = labels, how
    end
    if list then
      -- Whose template is still unknown waits on.
      if learnt[digest][1] == '' then
        redis.call('HSET', KEYS[6], digest, cjson.encode(list))
      else
        told[#told + 1] = digest
      end
    end
  end
  forget_waiting(told)
  return attributed
end
