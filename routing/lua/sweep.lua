-- uses: clock lanes listener contact offer
-- Carry out what is due: offers not seen or not answered, leases, write-ups, preferences, rounds.
--
-- Guarantees: at most `limit` of each kind, so its cost is bounded; each due item is found by one
-- sweep only, whichever node runs it. An accept in flight is reported and never freed here: only
-- PostgreSQL knows. Two misses turn a listener to `asked`, out of the free sets. A round is
-- exhausted when every listener present who serves the contact's lanes refused it (those who help
-- out too, in lanes that nobody present has as first choice), or when its time is over; that is
-- reported once, and the contact's next widening comes at once. Refused by all, its refusals are
-- forgotten after rest_ms, not at once, so that a lone listener is not rung without a breath;
-- whoever signs in meanwhile is offered it at once. One in band 0 that was missed may be offered
-- again to the very same listener: at once after an offer that she saw, after rest_ms when it never
-- reached her desk, so that a desk that shows nothing does not hold it all the time. Widenings whose
-- instant has come are applied.
-- KEYS: {pool}:meta. ARGV: 2 limit.
-- Returns {expired, unseen, withdrawn, stuck} (offers), leases lost, asked, exhausted, wrap-ups
-- over, widened (contacts that stand in more lanes since).
local limit = tonumber(ARGV[2])
local expired, unseen, withdrawn, stuck = {}, {}, {}, {}
local lost, asked, exhausted, judged, overdue, widened = {}, {}, {}, {}, {}, {}

local function due(key)
  return redis.call('ZRANGEBYSCORE', POOL .. key, '-inf', digits(now), 'LIMIT', 0, limit)
end

local function count_miss(id)
  if redis.call('EXISTS', Listener.key(id)) == 0 then
    return
  end
  local misses = redis.call('HINCRBY', Listener.key(id), 'misses', 1)
  local known = redis.call('HMGET', Listener.key(id), 'state', 'profile')
  if misses >= LIMIT.misses_before_asked and known[1] == 'ready' then
    redis.call('HSET', Listener.key(id), 'state', 'asked')
    Lanes.attend(id, known[2], false)
    Contact.free_preferences(id)
    redis.call('ZADD', POOL .. 'unsettled', digits(now), id)
    announce('listener_asked', id, '', '', '')
  end
end

local function return_offer(id, offer, state, list)
  local again_at = now
  Offer.close(id, offer, state)
  if state == 'expired' then
    count_miss(offer.listener)
  else
    again_at = now + LIMIT.rest_ms
  end
  Contact.free(offer.contact, id, offer.listener, tonumber(offer.at), again_at)
  Listener.free(offer.listener, id, true)
  list[#list + 1] = Offer.reply(id, offer)
end

local function sweep_offer(id)
  local offer = Offer.read(id)
  if not offer or not Offer.is_living(offer) then
    redis.call('ZREM', POOL .. 'offers', id)
  elseif offer.state == 'accepting' then
    stuck[#stuck + 1] = Offer.reply(id, offer)
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
  local listener = Listener.read(id)
  if not listener then
    redis.call('ZREM', POOL .. 'leases', id)
    return
  end
  Listener.lease(id, 0)
  local offer_id = listener.offer
  local offer = Offer.withdraw(offer_id, 'lease_lost')
  if offer then
    withdrawn[#withdrawn + 1] = Offer.reply(offer_id, offer)
    listener.offer = ''
  end
  Listener.dismiss(id, listener)
  Contact.free_preferences(id)
  redis.call('ZADD', POOL .. 'unsettled', digits(now), id)
  announce('lease_lost', id, '', '', '')
end

-- What PostgreSQL must learn about a listener is told again until her presence is entered anew: the
-- answer of one sweep may be lost with its node.
local function sweep_unsettled(id)
  local known = redis.call('HMGET', Listener.key(id), 'state', 'lease')
  if not known[1] then
    redis.call('ZREM', POOL .. 'unsettled', id)
    return
  end
  if tonumber(known[2] or '0') <= now then
    lost[#lost + 1] = id
  else
    asked[#asked + 1] = id
  end
  redis.call('ZADD', POOL .. 'unsettled', digits(now + LIMIT.settle_ms), id)
end

local function widen_to(id, contact, until_ms)
  local lanes = contact.lanes
  Contact.unstand(id, contact)
  Contact.widen(contact, until_ms)
  redis.call('HSET', Contact.key(id), 'lanes', contact.lanes, 'widen', contact.widen, 'reached',
    contact.reached)
  Contact.stand(id, contact)
  if contact.lanes ~= lanes then
    widened[#widened + 1] = id
  end
end

local function note_exhausted(id, contact, reason)
  exhausted[#exhausted + 1] = id
  announce('round_exhausted', '', id, '', reason)
  local early = Contact.next_widening(contact)
  if early then
    widen_to(id, contact, early)
  end
end

local function sweep_step(id)
  local contact = Contact.read(id)
  if not contact then
    redis.call('ZREM', POOL .. 'steps', id)
    return
  end
  if contact.clear_at ~= '' and tonumber(contact.clear_at) <= now then
    local was_told = contact.told ~= ''
    contact.skip, contact.again, contact.clear_at, contact.judge, contact.told = '', '', '', '', ''
    if not was_told then
      note_exhausted(id, contact, 'time')
    end
  elseif contact.judge ~= '' then
    contact.judge = ''
    judged[#judged + 1] = id
  end
  redis.call('HSET', Contact.key(id), 'skip', contact.skip, 'again', contact.again, 'clear_at',
    contact.clear_at, 'judge', contact.judge, 'told', contact.told)
  local due = Contact.next_widening(contact)
  if due and due <= now then
    widen_to(id, contact, now)
  else
    Contact.stand(id, contact)
  end
  Contact.plan_step(id, contact)
end

-- The profiles that a contact's round goes through, as a set.
local function profiles_asked(contact)
  local found = {}
  local function add(lane)
    for profile in string.gmatch(redis.call('HGET', POOL .. 'serving', lane) or '', '%S+') do
      found[profile] = true
    end
  end
  for lane in string.gmatch(contact.lanes, '%S+') do
    add(lane)
    if not string.find(lane, '!', 1, true) and Lanes.staff(lane) <= 0 then
      for help_lane in string.gmatch(redis.call('HGET', POOL .. 'helped', lane) or '', '%S+') do
        add(help_lane)
      end
    end
  end
  return found
end

local function judge(id)
  local contact = Contact.read(id)
  if not contact or contact.skip == '' or contact.told ~= '' then
    return
  end
  local present, refused, names = 0, 0, 0
  local profiles = profiles_asked(contact)
  for profile in pairs(profiles) do
    present = present + redis.call('SCARD', POOL .. 'present:' .. profile)
  end
  for name in string.gmatch(contact.skip, '%S+') do
    names = names + 1
    local profile = redis.call('HGET', Listener.key(name), 'profile')
    if profile and profiles[profile] then
      refused = refused + redis.call('SISMEMBER', POOL .. 'present:' .. profile, name)
    end
  end
  if refused < present and names < LIMIT.skip_max then
    return
  end
  contact.told = '1'
  contact.clear_at = digits(math.min(tonumber(contact.clear_at), now + LIMIT.rest_ms))
  redis.call('HSET', Contact.key(id), 'told', '1', 'clear_at', contact.clear_at)
  note_exhausted(id, contact, 'refused')
  Contact.plan_step(id, contact)
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
for _, id in ipairs(judged) do
  judge(id)
end
for _, pair in ipairs(due('wrapups')) do
  overdue[#overdue + 1] = pair
  redis.call('ZADD', POOL .. 'wrapups', digits(now + LIMIT.recheck_ms), pair)
end
return { expired, unseen, withdrawn, stuck, lost, asked, exhausted, overdue, widened }
