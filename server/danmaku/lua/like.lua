-- Adds taps of accounts up to a cap for each, and queues the new total for the archive.
-- KEYS: counts total archive
-- ARGV: seed streamId cap keptS taps...
-- REPLY: the likes of all, or -1 when they are unknown and no seed was given
-- Taps are pairs of account id and number.
if redis.call('EXISTS', KEYS[2]) == 0 then
  if ARGV[1] == '' then
    return -1
  end
  redis.call('SET', KEYS[2], ARGV[1])
end
local added = 0
for i = 5, #ARGV, 2 do
  local had = tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or '0')
  local taken = math.min(tonumber(ARGV[i + 1]), tonumber(ARGV[3]) - had)
  if taken > 0 then
    redis.call('HINCRBY', KEYS[1], ARGV[i], taken)
    added = added + taken
  end
end
local total = redis.call('INCRBY', KEYS[2], added)
if added > 0 then
  redis.call('XADD', KEYS[3], '*', 'likes', total, 'of', ARGV[2])
end
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('EXPIRE', KEYS[2], ARGV[4])
return total
