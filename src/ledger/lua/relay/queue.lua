-- Shared by the scripts of a relay target's queue. Put in front of each of them; not a script of its own.
--
-- An entry is a body that waits to be passed on. Its id is `<unix ms>-<number>-<lane>`; entries of one lane are
-- delivered one after the other, so that what concerns one person keeps its order. A lane has one delivery under way
-- at most: it is leased by moving its due time, and a settlement with an older token is stale.
--
-- KEYS  1 entries  HASH of entries by id          2 order  ZSET of ids by number, to find the oldest
--       3 due      ZSET of lanes that hold something by the time of their next delivery
--       4 state    HASH: `number` of the newest entry, `bytes` that wait, `dropped` since ever, `dead_bytes`, and for a
--                  lane `t:<lane>` its token, `a:<lane>` the attempts at its first entry, `r:<lane>` their last failure
--       5 dead     STREAM of entries that were given up
--       6..21      one LIST of ids a lane

local entries, order, due, state, dead = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

local function lane_list(lane)
  return KEYS[6 + tonumber(lane)]
end

local function lane_of(id)
  return string.match(id, '-(%d+)$')
end

-- Takes an entry out of the queue, wherever in its lane it stands.
local function remove(id)
  local lane = lane_of(id)
  local size = redis.call('HSTRLEN', entries, id)
  redis.call('LREM', lane_list(lane), 1, id)
  redis.call('HDEL', entries, id)
  redis.call('ZREM', order, id)
  redis.call('HINCRBY', state, 'bytes', -size)
  if redis.call('LLEN', lane_list(lane)) == 0 then redis.call('ZREM', due, lane) end
end

-- Takes an entry out of the dead ones.
local function bury(one)
  redis.call('XDEL', dead, one[1])
  redis.call('HINCRBY', state, 'dead_bytes', -#one[2][10])
end

local function add(lane, entry)
  local number = redis.call('HINCRBY', state, 'number', 1)
  local id = string.format('%.0f-%.0f-%s', now, number, lane)
  redis.call('HSET', entries, id, entry)
  redis.call('ZADD', order, number, id)
  redis.call('RPUSH', lane_list(lane), id)
  redis.call('HINCRBY', state, 'bytes', #entry)
  redis.call('ZADD', due, 'NX', now, lane)
end

-- Drops the oldest entries until the queue is within its bounds, but never the newest one. Returns how many went.
local function bound(max_entries, max_bytes)
  local dropped = 0
  while true do
    local count = redis.call('ZCARD', order)
    local bytes = tonumber(redis.call('HGET', state, 'bytes') or '0')
    if count <= 1 or (count <= max_entries and bytes <= max_bytes) then break end
    remove(redis.call('ZRANGE', order, 0, 0)[1])
    dropped = dropped + 1
  end
  if dropped > 0 then redis.call('HINCRBY', state, 'dropped', dropped) end
  return dropped
end
