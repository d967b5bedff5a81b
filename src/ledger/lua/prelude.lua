-- Shared by the scripts that read or write people. Put in front of each of them; not a script of its own.
--
-- A person is one JSON record in the hash `people`, under the canonical spelling of the first identifier
-- that was seen. Every further canonical spelling is a field of its own that holds `=` and the first one, so
-- that somebody known by one identifier alone costs no link. Record:
--   v   version of the form, 1
--   c   canonical spellings
--   m   every spelling, as it stands in the suppression sets
--   r   registers by name: { s = time of the newest stop, b = time of the newest start ("back") }
--       names: `all`, a topic, or `marketing@settings` for what was set in WhatsApp's own settings
--   k   time of the last message of each kind that was queued, for the cool-down
--   j   the job of the last message that was queued
--   q   the question that was asked and not answered: { t = time of the text that was asked about, s = scope, j = job,
--       w = when it was asked; version 0.1 did not note it }
--   mv  where the person went: { { to = { { c, m } .. }, t = time } .. }
--   ab  times at which identifiers were given up: { canonical = time }
-- What was said and done stands beside it, in the hash `evidence` under the same field: one JSON object a
-- line, in the order of arrival, at most 12, so that adding one reads none.
-- Times are unix milliseconds. Registers only grow, and stop wins at equal times, so the order in which
-- events arrive, and how often, does not matter.

local function link_of(value)
  return string.byte(value) == 61 and string.sub(value, 2) or nil
end

local function has_stop(record)
  for _, register in pairs(record.r) do
    if register.s then return true end
  end
  return false
end

-- The tables of a record.
local PARTS = { 'c', 'm', 'r', 'k', 'mv', 'ab' }

local function decode(text)
  local fine, record = pcall(cjson.decode, text)
  -- A record that cannot be read must not keep anybody from leaving.
  if not fine or type(record) ~= 'table' then record = {} end
  record.v = 1
  for _, field in ipairs(PARTS) do
    record[field] = record[field] or {}
  end
  return record
end
