-- uses: clock listener contact offer
-- Carry out what is due: offers not seen or not answered, leases, write-ups, preferences, rounds.
--
-- Guarantees: at most `limit` of each kind, so its cost is bounded; each due item is found by one
-- sweep only, whichever node runs it. An accept in flight is reported and never freed here: only
-- PostgreSQL knows. Two misses turn a listener to `asked`, out of the free sets.
-- KEYS: {pool}:meta. ARGV: 3 limit.
-- Returns {expired, unseen, withdrawn, stuck} (offers), leases lost, asked, exhausted, judged
-- (contact, lanes, …), wrap-ups over.
local limit = tonumber(ARGV[3])
local expired, unseen, withdrawn, stuck = {}, {}, {}, {}
local lost, asked, exhausted, judged, overdue = {}, {}, {}, {}, {}

local function due(key)
  return redis.call('ZRANGEBYSCORE', POOL .. key, '-inf', digits(now), 'LIMIT', 0, limit)
end

local function count_miss(id)
  if redis.call('EXISTS', listener_key(id)) == 0 then
    return
  end
  local misses = redis.call('HINCRBY', listener_key(id), 'misses', 1)
  local known = redis.call('HMGET', listener_key(id), 'state', 'profile')
  if misses >= LIMIT.misses and known[1] == 'ready' then
    redis.call('HSET', listener_key(id), 'state', 'asked')
    redis.call('SREM', POOL .. 'present:' .. known[2], id)
    free_preferences(id)
    redis.call('ZADD', POOL .. 'unsettled', digits(now), id)
    announce('listener_asked', id, '', '', '')
  end
end

local function return_offer(id, offer, state, list)
  end_offer(id, offer, state)
  if state == 'expired' then
    count_miss(offer.listener)
  end
  free_contact(offer.contact, id, offer.listener, tonumber(offer.at))
  free_listener(offer.listener, id, true)
  list[#list + 1] = offer_reply(id, offer)
end

local function sweep_offer(id)
  local offer = read_offer(id)
  if not offer or not is_living(offer) then
    redis.call('ZREM', POOL .. 'offers', id)
  elseif offer.state == 'accepting' then
    stuck[#stuck + 1] = offer_reply(id, offer)
    redis.call('ZADD', POOL .. 'offers', digits(now + LIMIT.recheck_ms), id)
  elseif offer.seen == '0' and LIMIT.seen_ms < LIMIT.offer_ms then
    return_offer(id, offer, 'unseen', unseen)
  elseif tonumber(offer.expires) <= now then
    return_offer(id, offer, 'expired', expired)
  else
    redis.call('ZADD', POOL .. 'offers', offer.expires, id)
  end
end

local function sweep_lease(id)
  redis.call('ZREM', POOL .. 'leases', id)
  local listener = read_hash(listener_key(id))
  if not listener then
    return
  end
  local offer_id = listener.offer
  local offer = withdraw(offer_id, 'lease_lost')
  if offer then
    withdrawn[#withdrawn + 1] = offer_reply(offer_id, offer)
    listener.offer = ''
  end
  redis.call('SREM', POOL .. 'present:' .. listener.profile, id)
  settle(id, listener)
  free_preferences(id)
  redis.call('ZADD', POOL .. 'unsettled', digits(now), id)
  announce('lease_lost', id, '', '', '')
end

-- What PostgreSQL must learn about a listener is told again until her presence is entered anew: the
-- answer of one sweep may be lost with its node.
local function sweep_unsettled(id)
  local state = redis.call('HGET', listener_key(id), 'state')
  if not state then
    redis.call('ZREM', POOL .. 'unsettled', id)
    return
  end
  if not is_leased(id) then
    lost[#lost + 1] = id
  else
    asked[#asked + 1] = id
  end
  redis.call('ZADD', POOL .. 'unsettled', digits(now + LIMIT.settle_ms), id)
end

local function sweep_step(id)
  local contact = read_contact(id)
  if not contact then
    redis.call('ZREM', POOL .. 'steps', id)
    return
  end
  if contact.clear_at ~= '' and tonumber(contact.clear_at) <= now then
    if contact.told == '' then
      exhausted[#exhausted + 1] = id
      announce('round_exhausted', '', id, '', 'time')
    end
    contact.skip, contact.clear_at, contact.judge, contact.told = '', '', '', ''
  elseif contact.judge ~= '' then
    contact.judge = ''
    judged[#judged + 1] = id
    judged[#judged + 1] = contact.lanes
  end
  redis.call('HSET', contact_key(id), 'skip', contact.skip, 'clear_at', contact.clear_at,
    'judge', contact.judge, 'told', contact.told)
  stand(id, contact)
  plan_step(id, contact)
end

for _, id in ipairs(due('offers')) do
  sweep_offer(id)
end
for _, id in ipairs(due('leases')) do
  sweep_lease(id)
end
for _, id in ipairs(due('unsettled')) do
  sweep_unsettled(id)
end
for _, id in ipairs(due('steps')) do
  sweep_step(id)
end
for _, pair in ipairs(due('wrapups')) do
  overdue[#overdue + 1] = pair
  redis.call('ZADD', POOL .. 'wrapups', digits(now + LIMIT.recheck_ms), pair)
end
return { expired, unseen, withdrawn, stuck, lost, asked, exhausted, judged, overdue }
