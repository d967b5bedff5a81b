-- Writes something, so that the WAIT behind it waits for all that the server has done so far. Since Redis 7.2 a WAIT is
-- about what its own connection wrote (before, about everything until its last command): after a reconnect, or where
-- the scripts before it found everything done already, it would ask for nothing, and an opt-out that no replica has
-- would be answered 200.
--
-- KEYS  1 barrier  STRING, of no meaning
-- Returns nothing.

redis.call('SET', KEYS[1], '')
