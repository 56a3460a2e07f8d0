-- Viewers were heard: they are online, and while the stream is live their viewing sessions become views and watch.
-- A session is kept as "since counted": since when it lasts, and up to when it was counted (-1: no view yet).
-- KEYS: online sessions totals
-- ARGV: now onlineMs viewMs liveAt endedAt epoch keptS viewers...
-- REPLY: how many are online
-- liveAt and endedAt are -1 while unknown.
local now = tonumber(ARGV[1])
local liveAt = tonumber(ARGV[4])
local endedAt = tonumber(ARGV[5])
local upTo = now
if endedAt >= 0 and endedAt < now then
  upTo = endedAt
end
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. (now - tonumber(ARGV[2])))
for _, viewer in ipairs(gone) do
  redis.call('ZREM', KEYS[1], viewer)
  redis.call('HDEL', KEYS[2], viewer)
end
local views = 0
local watched = 0
for i = 8, #ARGV do
  local viewer = ARGV[i]
  local session = redis.call('HGET', KEYS[2], viewer)
  local since = now
  local counted = -1
  if session then
    local a, b = string.match(session, '^(%d+) (-?%d+)$')
    since = tonumber(a)
    counted = tonumber(b)
  end
  if liveAt >= 0 then
    if since < liveAt then
      since = liveAt
    end
    if counted < 0 and upTo - since >= tonumber(ARGV[3]) then
      views = views + 1
      watched = watched + upTo - since
      counted = upTo
    elseif counted >= 0 and upTo > counted then
      watched = watched + upTo - counted
      counted = upTo
    end
  end
  redis.call('HSET', KEYS[2], viewer, string.format('%.0f %.0f', since, counted))
  redis.call('ZADD', KEYS[1], 'GT', now, viewer)
end
redis.call('HSETNX', KEYS[3], 'epoch', ARGV[6])
redis.call('HINCRBY', KEYS[3], 'views', views)
redis.call('HINCRBY', KEYS[3], 'watchedMs', string.format('%.0f', watched))
for _, key in ipairs(KEYS) do
  redis.call('EXPIRE', key, ARGV[7])
end
return redis.call('ZCARD', KEYS[1])
