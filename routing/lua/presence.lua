-- uses: clock listener contact offer
-- Enter a listener's presence as PostgreSQL has it at this version.
--
-- Guarantees: an older version changes nothing. A newer session, or a state other than ready, takes
-- back an offer not yet accepted; the contact keeps its rank and nobody refused it. The same version
-- again repairs the load and gives a lease where none is; it prolongs none, which only her sockets do
-- (heartbeat), and it keeps `asked`, which only a newer declaration ends.
-- The load given was read before this step ran, so entries younger than settle_ms (longer than a
-- read may take) win over it, either way; a rebuild says exact.
-- KEYS: {pool}:meta. ARGV: 3 listener, 4 session, 5 version, 6 profile, 7 state, 8 capacity,
-- 9 lease_ms, 10 exact ('1' or '0'), then 3 for each open engagement: contact channel engagement.
-- Returns DONE, ALREADY (same version), STALE.
local id, session, version, profile, state = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local lease_ms, is_exact = tonumber(ARGV[9]), ARGV[10] == '1'

local function merge_load(listener)
  local given = {}
  for i = 11, #ARGV, 3 do
    given[ARGV[i]] = { ARGV[i + 1], ARGV[i + 2] }
  end
  for name, value in pairs(listener) do
    local contact = string.match(name, '^load:(.*)$')
    local at = contact and tonumber(string.match(value, '%d+$'))
    if contact and not given[contact] and (is_exact or at + LIMIT.settle_ms <= now) then
      redis.call('HDEL', listener_key(id), name)
      redis.call('ZREM', POOL .. 'wrapups', id .. ' ' .. contact)
      listener[name] = nil
    end
  end
  for contact, open in pairs(given) do
    local name = 'load:' .. contact
    if not listener[name] and (is_exact or not is_finished(listener, contact, open[2])) then
      listener[name] = open[1] .. ' ' .. open[2] .. ' 0'
      redis.call('HSET', listener_key(id), name, listener[name])
    end
  end
end

local function takes_back(known)
  local offer = known.offer ~= '' and read_offer(known.offer)
  if not offer then
    return
  end
  local _, takes = standing_by_load(known)
  if known.session ~= session then
    withdraw(known.offer, 'taken_over')
  elseif known.state ~= 'ready' then
    withdraw(known.offer, 'not_ready')
  elseif not string.find('+' .. takes .. '+', '+' .. offer.channel .. '+', 1, true) then
    withdraw(known.offer, 'over_capacity')
  end
  known.offer = redis.call('HGET', listener_key(id), 'offer')
end

local listener = read_hash(listener_key(id))
local is_same = false
if listener then
  local known = tonumber(listener.version)
  is_same = tonumber(version) == known
  if tonumber(version) < known or (is_same and listener.session ~= session) then
    return STALE
  end
  if listener.profile ~= profile then
    redis.call('SREM', POOL .. 'present:' .. listener.profile, id)
  end
else
  listener = { offer = '', idle = digits(now), standing = '', takes = '', session = session,
    state = '' }
end

if not is_same then
  if listener.state ~= 'ready' then
    listener.idle = digits(now)
  end
  listener.state = state
  redis.call('HSET', listener_key(id), 'misses', '0', 'state', state)
end
listener.capacity = ARGV[8]
redis.call('HSET', listener_key(id), 'version', version, 'profile', profile, 'lease_ms', ARGV[9],
  'capacity', ARGV[8], 'epoch', epoch(), 'offer', listener.offer, 'idle', listener.idle)
if not is_same or listener.state ~= 'asked' then
  redis.call('ZREM', POOL .. 'unsettled', id)
end
if listener.state == 'offline' then
  redis.call('ZREM', POOL .. 'leases', id)
elseif not is_same or not redis.call('ZSCORE', POOL .. 'leases', id) then
  redis.call('ZADD', POOL .. 'leases', digits(now + lease_ms), id)
end
redis.call(listener.state == 'ready' and 'SADD' or 'SREM', POOL .. 'present:' .. profile, id)
forget_finished(id, listener)
merge_load(listener)
takes_back(listener)
redis.call('HSET', listener_key(id), 'session', session)
settle(id, read_hash(listener_key(id)))
if listener.state ~= 'ready' then
  free_preferences(id)
end
return is_same and ALREADY or DONE
