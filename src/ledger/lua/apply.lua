-- Applies events to the list, in their order: who refuses what, with evidence, audit entry and confirmation.
--
-- KEYS  1 people       HASH of records and links    2 evidence     HASH of lines by field of people
--       3 tombstones   ZSET of fields by time       4 changes      STREAM for senders
--       5 audit        STREAM for the compliance officer
--       6 outbox:due   ZSET of jobs by due time     7 outbox:jobs  HASH of jobs
--       8 outbox:finished  ZSET of jobs by end      9 suppressed   SET of who refused everything
--      10.. suppressed:<topic>, one SET a topic in the order of ARGV 1
--      then one STRING for each event that claims its id, and then, in the same order, the STRING that claimed it
--         in version 0.1
-- ARGV  1 topics, with commas     2 how long a claim is kept, ms
--       3 changes at most         4 audit entries at most       5 finished jobs at most
--       6 cool-down, ms           7 how many events             8 shape, empty when the call is not plain
--       9 which of the keys is the first claim
--       then six for each event:
--       a) JSON: act     stop | start | reason | move | link | help | ask
--                ids     { { c = canonical, m = { spellings } } .. }, never empty
--                to      for `move`: the identifiers that are theirs now, as `ids`
--                scope   `all` or a topic
--                regs    for stop, start and reason: the registers that the event writes
--                t       time of the event, unix ms
--                force   for operators: outlasts whatever is known, whatever its time
--                lifts   for start: also takes off the sets whom no record put there (a list from before)
--                claim   whether the next of the claims is this event's
--                job     for a message: the job as an object, with `kind` and `expires_at`
--       b) the time of the event in digits
--       c) evidence: the inside of a JSON object, free of the person's words
--       d) those words, as a further member of that object with its comma, or nothing
--       e) only in a plain call, else empty: the record that a newcomer gets, as JSON without its last brace
--       f) only in a plain call with a message: the job's id (32 digits), its end (19 digits, unix ms), and
--          its JSON up to the value of `made_at`
--       and then, only in a plain call, all canonical spellings of all events, and all their spellings
--       The shape has four bytes an event: how many canonical spellings, how many spellings, which key is
--       the set, 1 when the event has a claim.
-- Returns for each event { result, queued, stops, starts }
--         result  applied | already | older | duplicate
--         queued  1 when a message was put into the outbox
--         stops, starts  how many members were added to, removed from, the sets
--
-- Everything is read first, decided in memory, and written at the end: the sets before anything else and the
-- claims last, because scripts are not rolled back.
--
-- The parts in `apply/` stand before this one, first of all `apply/plain.lua`, which answers most calls by itself.

local events, claim_keys, everybody = {}, {}, {}
local first_claim = tonumber(ARGV[9])
local claim_count = (#KEYS + 1 - first_claim) / 2
local earlier = {}
for index = 1, tonumber(ARGV[7]) do
  local at = HEADER + 1 + (index - 1) * SLOTS
  local event = cjson.decode(ARGV[at])
  event.time_text, event.reasons, event.words = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  event.queued, event.stops, event.starts = 0, 0, 0
  if event.claim then
    event.claim = KEYS[first_claim + #claim_keys]
    earlier[KEYS[first_claim + claim_count + #claim_keys]] = event.claim
    claim_keys[#claim_keys + 1] = event.claim
  end
  events[#events + 1] = event
  everybody[#everybody + 1] = event.ids
  if event.to then everybody[#everybody + 1] = event.to end
end

local claimed = {}
if #claim_keys > 0 then
  for index, result in ipairs(redis.call('MGET', unpack(KEYS, first_claim))) do
    local key = KEYS[first_claim + index - 1]
    if result then claimed[earlier[key] or key] = true end
  end
end
read_people(everybody)
local members = { all = {} }
for _, event in ipairs(events) do
  for scope in pairs({ all = true, [event.scope] = true }) do
    local list = sets[scope] and (members[scope] or {}) or {}
    if sets[scope] then members[scope] = list end
    for _, id in ipairs(event.ids) do
      for _, spelling in ipairs(id.m) do list[#list + 1] = spelling end
    end
  end
end
for scope, list in pairs(members) do read_members(scope, list) end

local answers = {}
for index, event in ipairs(events) do
  local result = 'duplicate'
  if not (event.claim and claimed[event.claim]) then
    result = apply(event)
    if event.claim then
      claimed[event.claim] = true
      claims[event.claim] = result
    end
  end
  answers[index] = { result, event.queued, event.stops, event.starts }
end
write_sets()
write_people()
write_evidence()
write_rest()
return answers
