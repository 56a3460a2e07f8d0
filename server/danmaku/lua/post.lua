-- Numbers a line, keeps it among the last and queues it for the archive.
-- KEYS: number recent archive answered
-- ARGV: seed line accountId keep answeredS keptS
-- REPLY: the line as JSON, the one said before under the same key, or 'seed' when the room's number is unknown and
-- none was given
local before = redis.call('GET', KEYS[4])
if before then
  return before
end
if redis.call('EXISTS', KEYS[1]) == 0 then
  if ARGV[1] == '' then
    return 'seed'
  end
  redis.call('SET', KEYS[1], ARGV[1])
end
local n = redis.call('INCR', KEYS[1])
local line = string.sub(ARGV[2], 1, -2) .. ',"n":' .. n .. '}'
redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[4], '*', 'line', line)
redis.call('XADD', KEYS[3], '*', 'line', line, 'by', ARGV[3])
redis.call('SET', KEYS[4], line, 'EX', ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[6])
redis.call('EXPIRE', KEYS[2], ARGV[6])
return line
