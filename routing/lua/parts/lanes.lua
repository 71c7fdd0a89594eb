-- Lanes, and the standings that serve them. Needs: clock.
--
-- wait:<lane> ZSET by rank: contacts that a match may take there. heads ZSET: lane → rank of its
--   first contact, for lanes where anybody stands. So the best of a listener's lanes is found from
--   the few lanes that hold somebody, not from all that she serves.
-- free:<standing> ZSET: listener by idle since. idle ZSET by idle since: "listener standing", the
--   longest-idle of each standing with somebody free. takers:<lane> ZSET: the standings that serve
--   it. So whoever is to be woken is found without asking every standing in use.
-- profiles HASH: profile → stamp of its lanes. served HASH: standing → " lane lane " (a profile's
--   own name is its standing for every channel). serving HASH: lane → " profile profile ".
-- helped HASH: lane → " <lane>!N <lane>!M ", its help lanes.
-- staff HASH: lane → how many listeners present have it (first choice; in `<lane>!N`, as helpers).
-- Help-out: who serves `<lane>!N` takes contacts that stand there (they have waited N) and, while
-- staff counts nobody for the lane itself, everybody in the lane: judged anew at each match.
local Lanes = {}

local lanes_of = {}
function Lanes.served(standing)
  if not lanes_of[standing] then
    lanes_of[standing] = redis.call('HGET', POOL .. 'served', standing) or ''
  end
  return lanes_of[standing]
end

local staff_of = {}
function Lanes.staff(lane)
  if not staff_of[lane] then
    staff_of[lane] = tonumber(redis.call('HGET', POOL .. 'staff', lane) or '0')
  end
  return staff_of[lane]
end

-- Whether a list of lanes serves one, by first choice or because nobody present has it as such.
function Lanes.serves(lanes, lane)
  return string.find(lanes, ' ' .. lane .. ' ', 1, true) ~= nil
    or (string.find(lanes, ' ' .. lane .. '!', 1, true) ~= nil and Lanes.staff(lane) <= 0)
end

function Lanes.fill(lane, id, rank)
  redis.call('ZADD', POOL .. 'wait:' .. lane, rank, id)
  redis.call('ZADD', POOL .. 'heads', 'LT', rank, lane)
end

function Lanes.vacate(lane, id)
  local key = POOL .. 'wait:' .. lane
  if redis.call('ZREM', key, id) == 1 then
    local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if first[2] then
      redis.call('ZADD', POOL .. 'heads', first[2], lane)
    else
      redis.call('ZREM', POOL .. 'heads', lane)
    end
  end
end

function Lanes.leave_free(standing, id)
  redis.call('ZREM', POOL .. 'free:' .. standing, id)
  if redis.call('ZREM', POOL .. 'idle', id .. ' ' .. standing) == 1 then
    local first = redis.call('ZRANGE', POOL .. 'free:' .. standing, 0, 0, 'WITHSCORES')
    if first[1] then
      redis.call('ZADD', POOL .. 'idle', first[2], first[1] .. ' ' .. standing)
    end
  end
end

function Lanes.join_free(standing, id, since)
  redis.call('ZADD', POOL .. 'free:' .. standing, since, id)
  local first = redis.call('ZRANGE', POOL .. 'free:' .. standing, 0, 1)
  if first[1] == id then
    redis.call('ZADD', POOL .. 'idle', since, id .. ' ' .. standing)
    if first[2] then
      redis.call('ZREM', POOL .. 'idle', first[2] .. ' ' .. standing)
    end
  end
end

-- Count a listener as present in her profile's lanes, or no longer.
function Lanes.attend(id, profile, is_present)
  local changed = redis.call(is_present and 'SADD' or 'SREM', POOL .. 'present:' .. profile, id)
  if changed == 1 then
    for lane in string.gmatch(Lanes.served(profile), '%S+') do
      redis.call('HINCRBY', POOL .. 'staff', lane, is_present and 1 or -1)
    end
    staff_of = {}
  end
end
