-- uses: clock lanes listener contact offer heads idle
-- rarely: Listener.settle Listener.read Heads.best_preferred Listener.beckon Idle.read_takers
-- rarely: Idle.behind Offer.read Offer.reply Contact.stand_for
-- rarely: Contact.is_kept_from Contact.keeps_off
-- The one match rule: take a free listener, then the best head over ALL lanes of her standing.
--
-- Guarantees: one offer a listener and one a contact; the longest-idle free listener first, after
-- those for whom a preferred contact waits; her lease and capacity hold at this instant; a
-- preferred contact goes before her lanes only when its rank does. While one of band 0 waits in her
-- lanes nothing lesser is offered to her, though she has refused it: one that she missed is offered
-- to her again, one that she declined when its round is over. Who handed a contact over is not
-- offered it while anybody else is present who can serve it (band 0: for one round at the most). A
-- lane counts as hers by first choice, by help-out for those who have waited for it, and by help-out
-- at once while no listener present has it as first choice. Looks past at most skip_max refused
-- heads a lane and as many listeners a standing: a contact has no more refusals than that, so the
-- head of a lane is always found by somebody. Cost: flat in the number of contacts, of listeners and of standings in use,
-- while the longest-idle one takes the head. The same offer id again: same answer.
-- KEYS: {pool}:meta. ARGV: 2 offer id; 3 listener ('' = whoever is longest idle); 4 contact whose
-- lanes are woken ('' = those that follow); then lanes whose listeners may be woken, `*` for all.
-- Returns {DONE, offer…} or {UNKNOWN} when there is no pair.
local offer_id, only, of_contact = ARGV[2], ARGV[3], ARGV[4]

if redis.call('EXISTS', Offer.key(offer_id)) == 1 then
  return { DONE, unpack(Offer.reply(offer_id, Offer.read(offer_id))) }
end
-- While an emptied index is filled again a newcomer would overtake those not yet restored.
if meta[6] and not meta[5] and tonumber(meta[6]) > now then
  return { UNKNOWN }
end

local function make_offer(listener_id, session, pick)
  local contact = Heads.known_contact(pick.id)
  if not contact or contact.offer ~= '' then
    -- One broken entry must not stop the lane: it goes, and the next match finds the next head.
    if pick.lane then
      Lanes.vacate(pick.lane, pick.id)
    else
      redis.call('ZREM', pick.key, pick.id)
    end
    return nil
  end
  Contact.unstand(pick.id, contact)
  local at, expires = digits(now), digits(now + LIMIT.offer_ms)
  local lane = pick.lane or Contact.first_lane(contact)
  redis.call('HSET', Offer.key(offer_id), 'given', table.concat({ pick.id, listener_id, session,
    contact.turn, lane, contact.channel, at, expires }, ' '), 'state', 'offered', 'seen', '0')
  redis.call('HSET', Contact.key(pick.id), 'offer', offer_id)
  redis.call('ZADD', POOL .. 'offers', digits(now + math.min(LIMIT.seen_ms, LIMIT.offer_ms)),
    offer_id)
  announce('offered', listener_id, pick.id, offer_id, '')
  return { DONE, offer_id, pick.id, listener_id, session, contact.turn, lane, contact.channel, at,
    expires, 'offered', '0' }
end

-- Take her out of the free set: an offer holds her.
local function reserve(id, standing, wanted)
  Lanes.leave_free(standing, id)
  redis.call('HSET', Listener.key(id), 'offer', offer_id, 'standing', '', 'takes', '')
  if wanted then
    Listener.beckon(id, '', '')
  end
end

-- Try one listener of a standing: her offer, or nil.
local function try(id, standing)
  local known = redis.call('HMGET', Listener.key(id), 'standing', 'takes', 'session', 'wanted',
    'lease', 'profile')
  if known[1] ~= standing then
    Lanes.leave_free(standing, id)
    return nil
  end
  if tonumber(known[5] or '0') <= now then
    Listener.settle(id, Listener.read(id)) -- no longer free; the sweep reports her
    return nil
  end
  local is_wanted = tonumber(known[4] or '0') > 0
  local pick, is_held = Heads.best_in_lanes(id, Lanes.served(standing), known[6])
  local preferred = is_wanted and Heads.best_preferred(id, known[2])
  if preferred and Heads.goes_before(preferred, pick)
    and not (is_held and preferred.rank >= BAND) then
    pick = preferred
  end
  local made = pick and make_offer(id, known[3], pick)
  if made then
    reserve(id, standing, is_wanted)
  end
  return made
end

if only ~= '' then
  local standing = redis.call('HGET', Listener.key(only), 'standing')
  return standing and standing ~= '' and try(only, standing) or { UNKNOWN }
end

-- One whose lease has just run out is passed over: she must not hide the next.
local beckoned = tonumber(meta[7] or '0') > 0
  and redis.call('ZRANGE', POOL .. 'beckoned', 0, LIMIT.skip_max) or {}
for _, id in ipairs(beckoned) do
  local standing = redis.call('HGET', Listener.key(id), 'standing')
  local made = standing and standing ~= '' and try(id, standing)
  if made then
    return made
  end
end
if not Heads.lane(1) then
  return { UNKNOWN } -- nobody waits in any lane
end

-- The lanes whose listeners may be woken.
local woken, is_everybody = {}, false
if of_contact ~= '' then
  local contact = Contact.read(of_contact)
  for lane in string.gmatch(contact and contact.lanes or '', '%S+') do
    woken[#woken + 1] = lane
  end
end
for i = 5, #ARGV do
  woken[#woken + 1] = ARGV[i]
  is_everybody = is_everybody or ARGV[i] == '*'
end

-- Walk the free listeners of the standings woken, longest idle first: the longest-idle of each
-- standing in order, and behind one who could take nobody the next ones of her standing, as many as
-- can have refused one contact.
local behind, next_idle, is_read = {}, nil, false
Idle.set_woken(woken, is_everybody)
while true do
  if not is_read then
    next_idle, is_read = Idle.next(), true
  end
  local longest = next_idle
  for _, queue in ipairs(behind) do
    local each = queue[queue.at]
    if each and (not longest or Idle.is_longer(each, longest)) then
      longest = each
    end
  end
  if not longest then
    return { UNKNOWN }
  end
  if longest.queue then
    longest.queue.at = longest.queue.at + 1
  else
    is_read = false
  end
  if longest.queue or Heads.has_somebody(Lanes.served(longest.standing)) then
    local made = try(longest.id, longest.standing)
    if made then
      return made
    end
    if not longest.queue then
      behind[#behind + 1] = Idle.behind(longest)
    end
  end
end
