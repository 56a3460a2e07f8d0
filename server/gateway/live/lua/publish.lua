-- Numbers a room's durable frames, appends them to its log and publishes the whole batch, in one step.
-- KEYS: position log channel
-- ARGV: streamId freshEpoch keep lane frames...
-- REPLY: the epoch, and the number of the last durable frame
-- Each frame is 'd' or 'p' (durable, passing) followed by a JSON object, into which number and epoch are written.
local epoch = redis.call('HGET', KEYS[1], 'e')
local s
if epoch then
  s = tonumber(redis.call('HGET', KEYS[1], 's'))
else
  epoch = ARGV[2]
  s = 0
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'e', epoch, 's', 0)
end
local out = {}
local first = s + 1
for i = 5, #ARGV do
  local kind = string.sub(ARGV[i], 1, 1)
  local frame = string.sub(ARGV[i], 2)
  if kind == 'd' then
    s = s + 1
    frame = string.sub(frame, 1, -2) .. ',"s":' .. s .. ',"e":"' .. epoch .. '"}'
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], s .. '-1', 'f', frame)
  end
  out[#out + 1] = kind .. frame
end
if s >= first then
  redis.call('HSET', KEYS[1], 's', s)
end
redis.call('SPUBLISH', KEYS[3], ARGV[4] .. ' ' .. ARGV[1] .. ' ' .. s .. '\n' .. table.concat(out, '\n'))
return { epoch, s }
