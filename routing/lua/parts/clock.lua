-- What every step starts with: the pool's keys, the clock, the limits, announcements.
--
-- Guarantee: time never moves back within one data set, whichever clock is asked.
-- KEYS[1] {pool}:meta, which pins the Cluster slot; all other keys are made from it.
-- ARGV[1] now_ms, empty in production (the server's TIME), virtual in tests.
-- ARGV[2] the limits of routing.plan.Limits, in its order. A step's own arguments start at 3.
local META = KEYS[1]
local POOL = string.sub(META, 1, -5)

local DONE, ALREADY, STALE, UNKNOWN, NOT_YOURS, LATE, GONE = 0, 1, 2, 3, 4, 5, 6

-- Whole digits: Lua's own tostring turns a large number into 1.8e+12.
local function digits(number)
  return string.format('%.0f', number)
end

local function read_clock()
  local known = tonumber(redis.call('HGET', META, 'now') or '0')
  local told = tonumber(ARGV[1])
  if not told then
    local time = redis.call('TIME')
    told = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  end
  if told <= known then
    return known
  end
  redis.call('HSET', META, 'now', digits(told))
  return told
end

local now = read_clock()

local LIMIT = {}
do
  local names = {
    'offer_ms', 'seen_ms', 'accepting_ms', 'recheck_ms', 'round_ms', 'rest_ms', 'misses',
    'skip_max', 'tombstone_ms', 'settle_ms', 'event_entries', 'rebuild_ms',
  }
  local position = 0
  for value in string.gmatch(ARGV[2], '%d+') do
    position = position + 1
    LIMIT[names[position]] = tonumber(value)
  end
end

-- A hash as a table; nil when there is none.
local function read_hash(key)
  local flat = redis.call('HGETALL', key)
  if #flat == 0 then
    return nil
  end
  local hash = {}
  for i = 1, #flat, 2 do
    hash[flat[i]] = flat[i + 1]
  end
  return hash
end

local function epoch()
  local named = redis.call('HMGET', META, 'building', 'epoch')
  return named[1] or named[2] or ''
end

-- A wake-up for whoever listens: ids and codes only, and never the only trace of a fact.
local function announce(kind, listener, contact, offer, reason)
  redis.call('XADD', POOL .. 'events', 'MAXLEN', '~', LIMIT.event_entries, '*', 'kind', kind,
    'listener', listener, 'contact', contact, 'offer', offer, 'reason', reason)
end
