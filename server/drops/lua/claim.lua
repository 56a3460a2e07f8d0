-- Decides a batch of claims on one drop, first come, first served, in one step: known keys get their stored answer,
-- every other claim gets the next number and one answer, and the new ones go into the log as one entry.
-- Reads and checks everything before the first write; the log comes first, since only it could still refuse.
-- KEYS: state answers grants log
-- ARGV: epoch rules claims...
-- Claims are triples viewer, key, verdict ('' or an answer decided before).
-- REPLY: a list: 'lost' (no state), 'loading', or 'stale' with the epoch and rules in force; else 'decided',
-- ms since opening, units left, first number, how many are new, the id of their batch,
-- then per claim 'outcome epoch number batch ms ordinal', with '=' in front where the key was known.
local state = redis.call('HMGET', KEYS[1], 'epoch', 'rules', 'status', 'openedAt', 'closesAt', 'left', 'number', 'perViewer')
if not state[1] then return { 'lost' } end
if state[1] ~= ARGV[1] or state[2] ~= ARGV[2] then return { 'stale', state[1], state[2] or '' } end
if state[3] == 'loading' then return { 'loading' } end

local openedAt, closesAt = tonumber(state[4]), tonumber(state[5])
local left, number, perViewer = tonumber(state[6]), tonumber(state[7]), tonumber(state[8])
if not (openedAt and closesAt and left and number and perViewer) then
  return redis.error_reply('DROPSTATE the state of this drop is not whole')
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local since = string.format('%.0f', math.max(0, now - openedAt))
local isOpen = state[3] == 'open' and now >= openedAt and now < closesAt

local count = (#ARGV - 2) / 3
local fields, viewers = {}, {}
for i = 1, count do
  local at = 3 * i
  viewers[i] = ARGV[at]
  fields[i] = ARGV[at] .. ':' .. ARGV[at + 1]
end
local known = redis.call('HMGET', KEYS[2], unpack(fields))
local held = redis.call('HMGET', KEYS[3], unpack(viewers))
redis.call('XLEN', KEYS[4])

local first = string.format('%.0f', number + 1)
local fresh, taken, decided = {}, {}, {}
local lines, grants = {}, {}
for i = 1, count do
  local field, viewer = fields[i], viewers[i]
  if not known[i] and not fresh[field] then
    local has = taken[viewer] or tonumber(held[i] or '0')
    if not has then return redis.error_reply('DROPSTATE the grants of this drop are not numbers') end
    number = number + 1
    local outcome, ordinal = ARGV[3 * i + 2], 0
    if outcome == '' then
      if has >= perViewer then
        outcome = 'already-granted'
      elseif left < 1 then
        outcome = 'sold-out'
      elseif not isOpen then
        outcome = 'drop-closed'
      else
        outcome = 'granted'
        left = left - 1
        ordinal = has + 1
        taken[viewer] = ordinal
        grants[#grants + 1] = viewer
        grants[#grants + 1] = ordinal
      end
    end
    fresh[field] = true
    decided[i] = { outcome .. ' ' .. state[1] .. ' ' .. string.format('%.0f', number), ordinal }
    lines[#lines + 1] = viewer .. ' ' .. ARGV[3 * i + 1] .. ' ' .. outcome .. ' ' .. ordinal
  end
end

-- The entry's id names the batch: it holds the time, so that a state brought back from yesterday can't name it again.
local batch = ''
if #lines > 0 then
  batch = redis.call('XADD', KEYS[4], '*', 'epoch', state[1], 'openedAt', state[4], 'since', since, 'first', first, 'claims', table.concat(lines, '\n'))
end
local reply = { 'decided', since, string.format('%.0f', left), first, tostring(#lines), batch }
local answers, told = {}, {}
for i = 1, count do
  local field = fields[i]
  if decided[i] then
    local stored = table.concat({ decided[i][1], batch, since, decided[i][2] }, ' ')
    told[field] = stored
    answers[#answers + 1] = field
    answers[#answers + 1] = stored
    reply[6 + i] = stored
  else
    reply[6 + i] = '=' .. (known[i] or told[field])
  end
end
if #lines == 0 then return reply end

redis.call('HSET', KEYS[2], unpack(answers))
if #grants > 0 then redis.call('HSET', KEYS[3], unpack(grants)) end
redis.call('HSET', KEYS[1], 'left', left, 'number', number)
return reply
