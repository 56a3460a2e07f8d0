-- Stops new grants; stored answers go on being given.
-- KEYS: state
-- ARGV: epoch
-- REPLY: closed stale lost
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then return 'lost' end
if epoch ~= ARGV[1] then return 'stale' end
redis.call('HSET', KEYS[1], 'status', 'closed')
return 'closed'
