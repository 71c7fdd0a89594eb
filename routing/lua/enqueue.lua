-- uses: clock lanes listener contact offer
-- rarely: Offer.withdraw Contact.weigh_preference Contact.stand_for Contact.stand_aside
-- rarely: Contact.unstand
-- Put contacts in their lanes, or bring those that stand there up to date (a raise, a widening).
--
-- Guarantees: a lower version changes nothing and revives nobody; the same version again never
-- doubles a contact that is being offered, and changes nothing but its lanes, when the helpline's
-- configuration names others by now; a raise re-ranks in this one step; a new turn takes back an
-- offer of the old one and starts its widenings anew. Widenings whose instant has come are applied
-- here, the others in their time by the sweep; within a turn, one that was applied (early too, by
-- an exhausted round) is applied again at any later version that still names its instant.
-- Cost: O(lanes · log waiting) a contact.
-- KEYS: {pool}:meta. ARGV: from 2 on, 13 for each contact: id version turn lanes channel rank since
-- offerable preferred preferred_until widenings ("at lane lane;at lane", in order) target_ms
-- given_up_by (" id id ", or empty).
-- Returns one status a contact: DONE, ALREADY, STALE.
local stamp = epoch()
-- What a turn has been through, whatever its version.
local KEPT = { 'offerable', 'offer', 'skip', 'again', 'clear_at', 'judge', 'told', 'reached' }

-- Give a contact the lanes it was given, with what has been widened since.
local function lay_out(contact, lanes, widenings)
  contact.lanes, contact.widen = lanes, widenings
  Contact.widen(contact, math.max(now, tonumber(contact.reached) or 0))
end

local function repair_lanes(id, contact, given, lanes, widenings)
  Contact.unstand(id, contact)
  redis.call('ZREM', POOL .. 'waiting:' .. Contact.first_lane(contact), id)
  contact.given = given
  lay_out(contact, lanes, widenings)
  redis.call('HSET', Contact.key(id), 'given', given, 'lanes', contact.lanes, 'widen',
    contact.widen, 'reached', contact.reached)
  redis.call('ZADD', POOL .. 'waiting:' .. Contact.first_lane(contact), contact.since, id)
end

local function enqueue(id, version, turn, lanes, channel, rank, since, offerable, pref, pref_until,
  widenings, target, given_up_by)
  local given = widenings == '' and '' or lanes .. ';' .. widenings
  local contact = Contact.read_known(id)
  if contact then
    local known = tonumber(contact.version)
    if tonumber(version) < known or (contact.gone and tonumber(version) == known) then
      return STALE
    end
    if contact.gone then
      redis.call('DEL', Contact.key(id))
      contact = nil
    elseif tonumber(version) == known then
      redis.call('HSET', Contact.key(id), 'epoch', stamp)
      if contact.given ~= given or (given == '' and contact.lanes ~= lanes) then
        repair_lanes(id, contact, given, lanes, widenings)
        Contact.plan_step(id, contact)
      end
      Contact.stand(id, contact)
      return ALREADY
    end
  end

  local is_fresh = not contact
  if contact and contact.turn ~= turn then
    Offer.withdraw(contact.offer, 'new_turn')
    contact = Contact.read(id)
    is_fresh = true
  end
  if contact then
    Contact.unstand(id, contact)
    redis.call('ZREM', POOL .. 'waiting:' .. Contact.first_lane(contact), id)
  end
  local next_state = setmetatable({ version = version, turn = turn, channel = channel, rank = rank,
    since = since, pref = pref, pref_until = pref_until, target = target, given = given,
    epoch = stamp, offerable = offerable, given_up_by = given_up_by }, ABSENT)
  if not is_fresh then
    for _, name in ipairs(KEPT) do
      next_state[name] = contact[name]
    end
  end
  lay_out(next_state, lanes, widenings)
  if contact then
    redis.call('DEL', Contact.key(id))
  end
  Contact.write(id, next_state)
  redis.call('ZADD', POOL .. 'waiting:' .. Contact.first_lane(next_state), since, id)
  Contact.stand(id, next_state)
  if contact or next_state.pref ~= '' or next_state.widen ~= '' then
    Contact.plan_step(id, next_state)
  end
  return DONE
end

local statuses = {}
for i = 2, #ARGV, 13 do
  statuses[#statuses + 1] = enqueue(unpack(ARGV, i, i + 12))
end
return statuses
