-- uses: clock lanes listener contact offer
-- Enter a listener's presence as PostgreSQL has it at this version.
--
-- Guarantees: an older version changes nothing. A newer session, or a state other than ready, takes
-- back an offer not yet accepted; the contact keeps its rank and nobody refused it. The same
-- version again repairs the load and gives a lease where none is; it prolongs none, which only her
-- sockets do (heartbeat), and it keeps `asked`, which only a newer declaration ends. The load
-- given was read before this step ran, so entries younger than settle_ms (longer than a read may
-- take) win over it, either way, in a rebuild too. Her profile's lanes must be registered first
-- (register.lua), by the same stamp.
-- KEYS: {pool}:meta. ARGV: 2 listener, 3 session, 4 version, 5 profile, 6 stamp of its lanes,
-- 7 state, 8 capacity, 9 lease_ms, then 3 for each open engagement: contact channel engagement.
-- Returns DONE, ALREADY (same version), STALE; or -1, nothing changed, for another stamp.
local id, session, version, profile, state = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[7]
local lease_ms = tonumber(ARGV[9])
if redis.call('HGET', POOL .. 'profiles', profile) ~= ARGV[6] then
  return -1
end

local function merge_load()
  local given, known = {}, read_hash(Listener.load_key(id)) or {}
  for i = 10, #ARGV, 3 do
    given[ARGV[i]] = { ARGV[i + 1], ARGV[i + 2] }
  end
  for contact, load in pairs(known) do
    local at = tonumber(string.match(load, '%d+$'))
    if not given[contact] and at + LIMIT.settle_ms <= now then
      redis.call('HDEL', Listener.load_key(id), contact)
      redis.call('ZREM', POOL .. 'wrapups', id .. ' ' .. contact)
    end
  end
  for contact, open in pairs(given) do
    if not known[contact] and not Listener.is_finished(id, contact, open[2]) then
      redis.call('HSET', Listener.load_key(id), contact, open[1] .. ' ' .. open[2] .. ' 0')
    end
  end
end

local function takes_back(known)
  local offer = known.offer ~= '' and Offer.read(known.offer)
  if not offer then
    return
  end
  local _, takes = Listener.standing_by_load(id, known.capacity)
  if known.session ~= session then
    Offer.withdraw(known.offer, 'taken_over')
  elseif known.state ~= 'ready' then
    Offer.withdraw(known.offer, 'not_ready')
  elseif not string.find('+' .. takes .. '+', '+' .. offer.channel .. '+', 1, true) then
    Offer.withdraw(known.offer, 'over_capacity')
  end
  known.offer = redis.call('HGET', Listener.key(id), 'offer')
end

local listener = Listener.read(id)
local is_same = false
if listener then
  local known = tonumber(listener.version)
  is_same = tonumber(version) == known
  if tonumber(version) < known or (is_same and listener.session ~= session) then
    return STALE
  end
  if listener.profile ~= profile then
    Lanes.attend(id, listener.profile, false)
  end
else
  listener = { offer = '', idle = digits(now), standing = '', takes = '', session = session,
    state = '', wanted = '0', lease = '0' }
end

if not is_same then
  if listener.state ~= 'ready' then
    listener.idle = digits(now)
  end
  listener.state = state
  redis.call('HSET', Listener.key(id), 'misses', '0', 'state', state)
end
listener.capacity = ARGV[8]
redis.call('HSET', Listener.key(id), 'version', version, 'profile', profile, 'lease_ms', ARGV[9],
  'capacity', ARGV[8], 'epoch', epoch(), 'offer', listener.offer, 'idle', listener.idle)
if not is_same or listener.state ~= 'asked' then
  redis.call('ZREM', POOL .. 'unsettled', id)
end
if listener.state == 'offline' then
  Listener.lease(id, 0)
elseif not is_same or tonumber(listener.lease) <= 0 then
  Listener.lease(id, now + lease_ms)
end
Lanes.attend(id, profile, listener.state == 'ready')
Listener.forget_finished(id)
merge_load()
takes_back(listener)
redis.call('HSET', Listener.key(id), 'session', session)
Listener.settle(id, Listener.read(id))
if listener.state ~= 'ready' then
  Contact.free_preferences(id)
end
return is_same and ALREADY or DONE
