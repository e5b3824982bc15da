-- Counts a hit of one key, if its window has room: what `Window::hit` does, over a list in Redis.
--
-- KEYS[1]  the groups of the key's hits, oldest first: "LAST SPAN HITS TOTAL", where TOTAL are the hits of this group and
--          of all before it, so that the two ends of the list say how many there are
-- ARGV     hits per window; length of the window, and how close hits are that make one group, in microseconds
-- Answers  whether the hit was counted (1 or 0), hits that are left, whole seconds until there is one more

local key = KEYS[1]
local limit, window, grain = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local clock = time[1] * 1000000 + time[2]

local function group(index)
  local text = redis.call('LINDEX', key, index)
  if not text then
    return nil
  end
  local last, span, hits, total = string.match(text, '^(%d+) (%d+) (%d+) (%d+)$')
  return { last = tonumber(last), span = tonumber(span), hits = tonumber(hits), total = tonumber(total) }
end

-- A number as it is: Lua would write a large one with an exponent.
local function text(entry)
  return string.format('%.0f %.0f %.0f %.0f', entry.last, entry.span, entry.hits, entry.total)
end

local newest = group(-1)
-- The clock can be set back. By less than a window, time stands still until it is as late again; by more, what was counted
-- would stay far too long.
if newest and newest.last > clock + window then
  redis.call('DEL', key)
  newest = nil
end
local now = newest and math.max(clock, newest.last) or clock

local oldest = newest and group(0)
while oldest and now >= oldest.last + window do
  redis.call('LPOP', key)
  oldest = group(0)
end
if not oldest then
  newest = nil
end

local count = oldest and newest.total - oldest.total + oldest.hits or 0
local allowed = count < limit
if allowed then
  count = count + 1
  local span = newest and now - newest.last + newest.span
  if newest and span < grain then
    local is_alone = oldest.total == newest.total
    newest = { last = now, span = span, hits = newest.hits + 1, total = newest.total + 1 }
    oldest = is_alone and newest or oldest
    redis.call('LSET', key, -1, text(newest))
  else
    newest = { last = now, span = 0, hits = 1, total = (newest and newest.total or 0) + 1 }
    oldest = oldest or newest
    redis.call('RPUSH', key, text(newest))
  end
  redis.call('PEXPIRE', key, math.ceil((now + window - clock) / 1000))
end

local wait = (oldest and oldest.last or now) + window - clock
return { allowed and 1 or 0, math.max(limit - count, 0), math.max(math.ceil(wait / 1000000), 1) }
