-- Takes a room from a node, if it is still that node's.
-- KEYS: assignment
-- ARGV: nodeId
-- REPLY: released kept
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 'kept'
end
redis.call('DEL', KEYS[1])
return 'released'
