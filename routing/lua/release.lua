-- uses: clock lanes listener contact offer
-- Undo a reservation that PostgreSQL refused.
--
-- Guarantees: the listener is free again, her idle clock untouched. Contact gone: it leaves the
-- lanes for good at its version (a newer one may bring it back). Not gone (she was over capacity):
-- it waits again at its old rank, and she is not offered it in this round. A confirmed offer cannot
-- be released. Repeatable.
-- KEYS: {pool}:meta. ARGV: 2 offer, 3 contact gone ('1' or '0').
-- Returns DONE, ALREADY (no longer held), STALE (confirmed), UNKNOWN.
local id, is_gone = ARGV[2], ARGV[3] == '1'
local offer = Offer.read(id)
if not offer then
  return UNKNOWN
end
if offer.state == 'confirmed' then
  return STALE
end
if not Offer.is_living(offer) then
  return ALREADY
end
Offer.close(id, offer, 'released', is_gone and 'contact_gone' or 'released')
local contact = Contact.read(offer.contact)
if is_gone and contact and contact.offer == id then
  Contact.bury(offer.contact, contact, contact.version)
else
  Contact.free(offer.contact, id, offer.listener, tonumber(offer.at))
end
Listener.free(offer.listener, id, false)
return DONE
