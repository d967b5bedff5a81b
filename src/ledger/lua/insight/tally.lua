-- Counting; not a script of its own. A day is one HASH. Its fields are a figure, as in `opt_outs`, or a figure by a
-- value of a dimension, as in `opt_outs/template/spring_promo`. A value of the HASH holds the hours (UTC) that are not
-- zero: `9:3 17:1`. A dimension takes `values_max` values a day; those beyond are counted as `*`. `-` is no value.
-- `#opt_outs/template` is how many values a dimension has.

local OTHER, NONE = '*', '-'
-- What is also counted by topic and template together. No label has a `>` in it (`payload/labels.rs`).
local CROSSED = { delivered = true, opt_outs = true, reasons = true, ['reason:no_consent'] = true }
local raised = {}

local function raise(day, hour, field, by)
  local fields = raised[day] or {}
  raised[day] = fields
  local hours = fields[field] or {}
  fields[field] = hours
  hours[hour] = (hours[hour] or 0) + by
end

local function raise_by(day, hour, figure, dimension, value, by)
  if not value or value == '' then value = NONE end
  raise(day, hour, figure .. '/' .. dimension .. '/' .. value, by)
end

-- A figure by all that is known of a message.
local function raise_by_labels(day, hour, figure, labels, by)
  raise_by(day, hour, figure, 'template', labels[1], by)
  raise_by(day, hour, figure, 'topic', labels[2], by)
  raise_by(day, hour, figure, 'campaign', labels[3], by)
  -- Only where the template is known and has a name of its own: the rest of a topic is the difference.
  if CROSSED[figure] and labels[1] ~= '' and labels[1] ~= OTHER then
    local topic = labels[2] ~= '' and labels[2] or NONE
    raise_by(day, hour, figure, 'topic_template', topic .. '>' .. labels[1], by)
  end
end

local function add_hours(text, more)
  local hours, parts = {}, {}
  for hour, count in string.gmatch(text or '', '(%d+):(%d+)') do hours[tonumber(hour)] = tonumber(count) end
  for hour, count in pairs(more) do hours[hour] = math.max(0, (hours[hour] or 0) + count) end
  for hour = 0, 23 do
    if (hours[hour] or 0) > 0 then parts[#parts + 1] = hour .. ':' .. text_of(hours[hour]) end
  end
  return table.concat(parts, ' ')
end

local function read_fields_of(key, fields)
  local found = {}
  for from = 1, #fields, 1000 do
    local piece = { unpack(fields, from, math.min(from + 999, #fields)) }
    for index, value in ipairs(redis.call('HMGET', key, unpack(piece))) do found[piece[index]] = value end
  end
  return found
end

local function dimension_of(field)
  return string.match(field, '^([^/]+/[^/]+)/')
end

local function is_nothing(hours)
  for _, count in pairs(hours) do
    if count ~= 0 then return false end
  end
  return true
end

local function write_day(day, fields)
  local key, names, sizes_of = key_of('counts', day), {}, {}
  for field, hours in pairs(fields) do
    if is_nothing(hours) then
      fields[field] = nil
    else
      names[#names + 1] = field
      sizes_of['#' .. (dimension_of(field) or '')] = true
    end
  end
  for size in pairs(sizes_of) do names[#names + 1] = size end
  local stored = read_fields_of(key, names)
  local written, final, others = {}, {}, {}
  local function put(field, hours)
    final[field] = add_hours(final[field] or stored[field] or nil, hours)
  end
  for field, hours in pairs(fields) do
    local dimension = dimension_of(field)
    if stored[field] or not dimension then
      put(field, hours)
    else
      local size = '#' .. dimension
      local values = tonumber(final[size] or stored[size] or 0)
      if string.sub(field, #dimension + 2) == NONE then
        put(field, hours)
      elseif values < options.values_max then
        final[size] = values + 1
        put(field, hours)
      else
        others[#others + 1] = { dimension .. '/' .. OTHER, hours }
      end
    end
  end
  for _, other in ipairs(others) do
    if not final[other[1]] then stored[other[1]] = redis.call('HGET', key, other[1]) end
    put(other[1], other[2])
  end
  for field, value in pairs(final) do
    written[#written + 1] = field
    written[#written + 1] = value
  end
  for from = 1, #written, 1000 do
    redis.call('HSET', key, unpack(written, from, math.min(from + 999, #written)))
  end
  if #written > 0 then redis.call('EXPIREAT', key, text_of((day + options.counts_days + 1) * DAY / 1000)) end
end

local function write_counts()
  for day, fields in pairs(raised) do write_day(day, fields) end
end
