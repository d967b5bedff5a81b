-- Applies events to the list, in their order: who refuses what, with evidence, audit entry and confirmation.
--
-- KEYS  1 people       HASH of records and links    2 evidence     HASH of lines by field of people
--       3 tombstones   ZSET of fields by time       4 changes      STREAM for senders
--       5 audit        STREAM for the compliance officer
--       6 outbox:due   ZSET of jobs by due time     7 outbox:jobs  HASH of jobs
--       8 outbox:finished  ZSET of jobs by end      9 suppressed   SET of who refused everything
--      10.. suppressed:<topic>, one SET a topic in the order of ARGV 1
--      then, where an event names them in `sends`, a HASH a day of when marketing was delivered to whom
--      then one STRING for each event that claims its id, in the order of the events
-- ARGV  1 topics, with commas     2 how long a claim is kept, ms
--       3 changes at most         4 audit entries at most       5 finished jobs at most
--       6 cool-down, ms           7 how many events             8 shape, empty when the call is not plain
--       9 which of the keys is the first claim                  10 which of the arguments is the first spelling
--       11 JSON, an array with an object for each event:
--         act       stop | start | reason | move | link | help | ask | answer
--         ids       { { c = canonical, m = { spellings, the canonical one first } } .. }, never empty
--         to        for `move`: the identifiers that are theirs now, as `ids`
--         scope     `all` or a topic
--         regs      for stop, start and reason: the registers that the event writes
--         t         time of the event, unix ms; time_text: the same in digits
--         reasons   how many bytes of the evidence are free of the person's words
--         force     for operators: outlasts whatever is known, whatever its time
--         lifts     for start: also takes off the sets whom no record put there (a list from before)
--         claim     the id that the event claims, when it does
--         says      for an answer: yes | stop (`scope`) | only (what the question named) | keep
--         within    for an answer: how long after the question was asked, ms; for an ask: how long after marketing it is a stop
--         quoted    for an answer: the message that it quotes
--         sends     for an ask: which keys say whom marketing was delivered to
--         silent    for an ask: nothing is asked
--         job       for a message: the job as an object, with `kind` and `expires_at`
--       then for each event its evidence: the inside of a JSON object, first what is free of the person's words
--       and then, only in a plain call: for each event the record that a newcomer gets, as JSON, without its last
--         brace when the event has a message; for each message the job's id (32 digits), its end (19 digits, unix
--         ms), and its JSON up to the value of `made_at`; all spellings of all events
--       The shape has for each event its time in 13 digits, and then in bytes: how many identifiers, which key is the
--       set, 1 with a message, `reasons` in two bytes of seven bits, and how many spellings each identifier has.
-- Returns for each event `result queued stops starts answered`
--         result  applied | already | older | duplicate | unasked (an answer to nothing: leaves no trace)
--         queued  1 when a message was put into the outbox
--         stops, starts  how many members were added to, removed from, the sets
--         answered  1 when it closed a question that the person had been asked
--
-- Everything is read first, decided in memory, and written at the end, in an order in which any beginning of it is
-- harmless, because scripts are not rolled back, and because a Redis that was killed while it wrote may do only the
-- beginning, and late (`tests/it/ledger/torn.rs`): the sets before anything else; then the messages, when they are due
-- before what they are, since a record or a claim without its message would keep it from ever being queued; the
-- claims last.
--
-- The parts in `apply/` stand before this one, first of all `apply/plain.lua`, which answers most calls by itself.

local events, everybody = cjson.decode(ARGV[11]), {}
local claim_keys, claimant = {}, {}
local first_claim = tonumber(ARGV[9])
-- Version 0.1 claimed under another name, in the same slot. Read, so that an event from before an upgrade still acts
-- once; never written. May go when nobody upgrades from there any more.
local earlier_claim = string.sub(KEYS[1], 1, -#'people' - 1) .. 'claim:'
for index, event in ipairs(events) do
  local evidence = ARGV[HEADER + index]
  event.words = string.sub(evidence, event.reasons + 1)
  event.reasons = string.sub(evidence, 1, event.reasons)
  event.queued, event.stops, event.starts, event.answered = 0, 0, 0, 0
  if event.claim then
    local at = #claim_keys
    local key = KEYS[first_claim + at / 2]
    claim_keys[at + 1], claim_keys[at + 2] = key, earlier_claim .. event.claim
    claimant[at + 1], claimant[at + 2] = key, key
    event.claim = key
  end
  everybody[#everybody + 1] = event.ids
  if event.to then everybody[#everybody + 1] = event.to end
end

local claimed = {}
if #claim_keys > 0 then
  for index, result in ipairs(redis.call('MGET', unpack(claim_keys))) do
    if result then claimed[claimant[index]] = true end
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
    if event.claim and result ~= 'unasked' then
      claimed[event.claim] = true
      claims[event.claim] = result
    end
  end
  answers[index] = table.concat({ result, event.queued, event.stops, event.starts, event.answered }, ' ')
end
write_sets()
write_jobs()
write_people()
write_evidence()
write_rest()
return answers
