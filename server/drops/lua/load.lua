-- Puts answers and grants that the record knows into a state that is loading; with 'last' the drop takes claims.
-- KEYS: state answers grants
-- ARGV: epoch phase known...
-- Known are quadruples viewer, key, stored answer, ordinal (0: no grant).
-- REPLY: loaded stale lost
local state = redis.call('HMGET', KEYS[1], 'epoch', 'status')
if not state[1] then return 'lost' end
if state[1] ~= ARGV[1] or state[2] ~= 'loading' then return 'stale' end
redis.call('HLEN', KEYS[2])
redis.call('HLEN', KEYS[3])
for i = 3, #ARGV, 4 do
  redis.call('HSET', KEYS[2], ARGV[i] .. ':' .. ARGV[i + 1], ARGV[i + 2])
  if ARGV[i + 3] ~= '0' then redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 3]) end
end
if ARGV[2] == 'last' then redis.call('HSET', KEYS[1], 'status', 'open') end
return 'loaded'
