-- uses: clock listener contact offer
-- Enter what PostgreSQL committed: the offer's listener has the contact, at this version.
--
-- Guarantees: PostgreSQL is the truth, so this holds even for an offer released or withdrawn
-- meanwhile; by version the contact leaves the lanes (a tombstone stays) and any other offer of it
-- is taken back; a contact that already waits in a newer turn is left alone; another offer on her
-- desk is taken back; an engagement already finished does not load her again. Repeatable.
-- KEYS: {pool}:meta. ARGV: 3 offer, 4 version.
-- Returns DONE, ALREADY, UNKNOWN (no such offer: a lost index; the rebuild reads it back).
local id, version = ARGV[3], ARGV[4]
local offer = read_offer(id)
if not offer then
  return UNKNOWN
end
if offer.state == 'confirmed' then
  return ALREADY
end
end_offer(id, offer, 'confirmed')

local contact = read_hash(contact_key(offer.contact))
if not contact then
  bury(offer.contact, nil, version)
elseif contact.gone then
  if tonumber(version) > tonumber(contact.version) then
    redis.call('HSET', contact_key(offer.contact), 'version', version)
  end
elseif contact.offer == id or tonumber(version) > tonumber(contact.version) then
  if contact.offer ~= id then
    withdraw(contact.offer, 'contact_taken')
    contact = read_contact(offer.contact)
  end
  local known = tonumber(contact.version)
  bury(offer.contact, contact, tonumber(version) > known and version or contact.version)
end

local reserved = redis.call('HGET', listener_key(offer.listener), 'offer')
if reserved and reserved ~= id then
  withdraw(reserved, 'listener_taken')
end
local listener = read_hash(listener_key(offer.listener))
if listener then
  if not is_finished(listener, offer.contact, id) then
    local load = offer.channel .. ' ' .. id .. ' ' .. digits(now)
    listener['load:' .. offer.contact] = load
    redis.call('HSET', listener_key(offer.listener), 'load:' .. offer.contact, load)
  end
  redis.call('HSET', listener_key(offer.listener), 'misses', '0')
  if listener.offer == id then
    listener.offer = ''
  end
  listener.idle = digits(now)
  settle(offer.listener, listener)
end
return DONE
