-- What every step starts with: the pool's keys, the clock, announcements.
--
-- Guarantee: time never moves back within one data set, whichever clock is asked. A clock found
-- behind what is known (another server's, or one set back after it ran ahead) does not stop time
-- either: from there the known instant goes on at half speed until the clock has caught up, so a
-- jump ahead of any length leaves every time-out at most twice as long, and never frozen.
-- What a jump ahead made due is due at once: offers return at their rank, leases end.
-- The known instant is written down at most every WRITTEN_MS by the server's own clock (at each
-- step by a virtual one): set back by less than that, it may be told again.
-- KEYS[1] {pool}:meta, which pins the Cluster slot; all other keys are made from it. Its fields:
-- now, ahead_at and ahead_now (the clock and the known instant when the clock was found behind),
-- epoch, building and building_until (a rebuild), beckoned (how many listeners are).
-- ARGV[1] now_ms, empty in production (the server's TIME), virtual in tests. A step's own
-- arguments start at 2. LIMIT.<name> is a number of routing.plan.Limits, written into the text by
-- routing.steps.scripts: constants of a plan cost nothing to read.
local WRITTEN_MS = 5
local META = KEYS[1]
local POOL = string.sub(META, 1, -5)

local DONE, ALREADY, STALE, UNKNOWN, NOT_YOURS, LATE, GONE = 0, 1, 2, 3, 4, 5, 6

-- Whole digits: Lua's own tostring turns a large number into 1.8e+12.
local function digits(number)
  return string.format('%.0f', number)
end

local meta = redis.call('HMGET', META, 'now', 'ahead_at', 'ahead_now', 'building', 'epoch',
  'building_until', 'beckoned')

-- The known instant, going on at half speed since the clock was found behind it.
local function go_on_slowly(told, known)
  local at, from = tonumber(meta[2] or ''), tonumber(meta[3] or '')
  if not at or told < at then
    redis.call('HSET', META, 'ahead_at', digits(told), 'ahead_now', digits(known))
    return known
  end
  return math.max(known, from + math.floor((told - at) / 2))
end

local function read_clock()
  local known = tonumber(meta[1] or '0')
  local told, step_ms = tonumber(ARGV[1]), 1
  if not told then
    step_ms = WRITTEN_MS
    local time = redis.call('TIME')
    told = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  end
  local instant = told
  if told < known then
    instant = go_on_slowly(told, known)
  elseif meta[2] then
    redis.call('HDEL', META, 'ahead_at', 'ahead_now')
  end
  if instant >= known + step_ms then
    redis.call('HSET', META, 'now', digits(instant))
  end
  return instant
end

local now = read_clock()

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
  return meta[4] or meta[5] or ''
end

-- A wake-up for whoever listens: ids and codes only, and never the only trace of a fact.
local function announce(kind, listener, contact, offer, reason)
  redis.call('XADD', POOL .. 'events', 'MAXLEN', '~', LIMIT.event_entries, '*', 'kind', kind,
    'listener', listener, 'contact', contact, 'offer', offer, 'reason', reason)
end
