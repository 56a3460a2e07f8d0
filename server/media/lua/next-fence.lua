-- The next fencing number of a room: one more than the last, and never below the clock, so that it grows even when
-- the last was lost.
-- KEYS: fence
-- ARGV: now
-- REPLY: the number
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
local following = string.format('%.0f', math.max(last + 1, tonumber(ARGV[1])))
redis.call('SET', KEYS[1], following, 'EX', 604800)
return following
