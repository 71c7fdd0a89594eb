-- uses: clock lanes listener contact offer flow
-- rarely: Offer.withdraw Contact.stand_for Listener.beckon Lanes.vacate
-- Enter what PostgreSQL committed: the offer's listener has the contact, at this version.
--
-- Guarantees: PostgreSQL is the truth, so this holds even for an offer released or withdrawn
-- meanwhile; by version the contact leaves the lanes (a tombstone stays, it is counted as answered)
-- and any other offer of it is taken back; a contact that already waits in a newer turn is left
-- alone; another offer on her desk is taken back; an engagement already finished does not load her
-- again. Her load may stand above her capacity by this: then she takes nothing new. Repeatable.
-- KEYS: {pool}:meta. ARGV: 2 offer, 3 version.
-- Returns DONE, ALREADY, UNKNOWN (no such offer: a lost index; the rebuild reads it back).
local id, version = ARGV[2], ARGV[3]
local offer = Offer.read(id)
if not offer then
  return UNKNOWN
end
if offer.state == 'confirmed' then
  return ALREADY
end
Offer.close(id, offer, 'confirmed')

local contact = Contact.read_known(offer.contact)
if not contact then
  Contact.bury(offer.contact, nil, version)
elseif contact.gone then
  if tonumber(version) > tonumber(contact.version) then
    redis.call('HSET', Contact.key(offer.contact), 'version', version)
  end
elseif contact.offer == id or tonumber(version) > tonumber(contact.version) then
  if contact.offer ~= id then
    Offer.withdraw(contact.offer, 'contact_taken')
    contact = Contact.read(offer.contact)
  end
  Flow.count_out(contact, 'answered')
  local newest = tonumber(version) > tonumber(contact.version) and version or contact.version
  Contact.bury(offer.contact, contact, newest)
end

local listener = Listener.read(offer.listener)
if listener and listener.offer ~= '' and listener.offer ~= id then
  Offer.withdraw(listener.offer, 'listener_taken')
  listener = Listener.read(offer.listener)
end
if listener then
  if not Listener.is_finished(offer.listener, offer.contact, id) then
    redis.call('HSET', Listener.load_key(offer.listener), offer.contact,
      offer.channel .. ' ' .. id .. ' ' .. digits(now))
  end
  if listener.offer == id then
    listener.offer = ''
  end
  listener.idle = digits(now)
  Listener.settle(offer.listener, listener, '0')
end
return DONE
