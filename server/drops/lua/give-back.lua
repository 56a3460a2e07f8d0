-- Gives one unit back to the stock, once for each grant id; its viewer has had the chance and keeps the count.
-- KEYS: state returned
-- ARGV: epoch grantId
-- REPLY: returned known stale lost
local state = redis.call('HMGET', KEYS[1], 'epoch', 'left')
if not state[1] then return 'lost' end
if state[1] ~= ARGV[1] then return 'stale' end
local left = tonumber(state[2])
if not left then return redis.error_reply('DROPSTATE the state of this drop is not whole') end
if redis.call('SISMEMBER', KEYS[2], ARGV[2]) == 1 then return 'known' end
redis.call('SADD', KEYS[2], ARGV[2])
redis.call('HSET', KEYS[1], 'left', left + 1)
return 'returned'
