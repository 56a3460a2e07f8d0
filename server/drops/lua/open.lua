-- Makes a drop's fast state anew under an epoch, empty and loading; an older epoch than the one in force is refused.
-- KEYS: state answers grants returned
-- ARGV: epoch rules openedAt closesAt left perViewer
-- REPLY: opened stale
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if epoch and tonumber(epoch) >= tonumber(ARGV[1]) then return 'stale' end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'rules', ARGV[2], 'status', 'loading', 'openedAt', ARGV[3], 'closesAt', ARGV[4], 'left', ARGV[5], 'number', 0, 'perViewer', ARGV[6])
return 'opened'
