-- Keeps a variant's count unless a later one is known: one of a higher version, or of the same read later.
-- KEYS: count
-- ARGV: version at count keptMs
-- REPLY: kept known
local known = redis.call('GET', KEYS[1])
if known then
  local version, at = string.match(known, '^(%d+) (%d+) ')
  local newer = tonumber(ARGV[1]) - tonumber(version)
  if newer < 0 or (newer == 0 and tonumber(ARGV[2]) <= tonumber(at)) then
    return 'known'
  end
end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. ARGV[3], 'PX', ARGV[4])
return 'kept'
