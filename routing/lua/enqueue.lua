-- uses: clock listener contact offer
-- Put contacts in their lanes, or bring those that stand there up to date (a raise, a widening).
--
-- Guarantees: a lower version changes nothing and revives nobody; the same version again changes
-- nothing and never doubles a contact that is being offered; a raise re-ranks in this one step; a
-- new turn takes back an offer of the old one. Cost: O(lanes · log waiting) a contact.
-- KEYS: {pool}:meta. ARGV: from 3 on, 10 for each contact: id version turn lanes channel rank since
-- offerable preferred preferred_until.
-- Returns one status a contact: DONE, ALREADY, STALE.
local stamp = epoch()

local function enqueue(id, version, turn, lanes, channel, rank, since, offerable, pref, pref_until)
  local contact = read_hash(contact_key(id))
  if contact then
    local known = tonumber(contact.version)
    if tonumber(version) < known or (contact.gone and tonumber(version) == known) then
      return STALE
    end
    if contact.gone then
      redis.call('DEL', contact_key(id))
      contact = nil
    elseif tonumber(version) == known then
      redis.call('HSET', contact_key(id), 'epoch', stamp)
      stand(id, contact)
      return ALREADY
    end
  end

  local fresh = not contact
  if contact and contact.turn ~= turn then
    withdraw(contact.offer, 'new_turn')
    contact = read_contact(id)
    fresh = true
  end
  if contact then
    unstand(id, contact)
    redis.call('ZREM', POOL .. 'waiting:' .. first_lane(contact), id)
  end
  local next_state = {
    version = version, turn = turn, lanes = lanes, channel = channel, rank = rank, since = since,
    pref = pref, pref_until = pref_until, epoch = stamp,
    offerable = fresh and offerable or contact.offerable,
    offer = fresh and '' or contact.offer,
    skip = fresh and '' or contact.skip,
    clear_at = fresh and '' or contact.clear_at,
    judge = fresh and '' or contact.judge,
    told = fresh and '' or contact.told,
  }
  local flat = {}
  for name, value in pairs(next_state) do
    flat[#flat + 1] = name
    flat[#flat + 1] = value
  end
  redis.call('HSET', contact_key(id), unpack(flat))
  redis.call('ZADD', POOL .. 'waiting:' .. first_lane(next_state), since, id)
  stand(id, next_state)
  plan_step(id, next_state)
  return DONE
end

local statuses = {}
for i = 3, #ARGV, 10 do
  statuses[#statuses + 1] = enqueue(unpack(ARGV, i, i + 9))
end
return statuses
