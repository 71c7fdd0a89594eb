-- uses: clock listener contact offer
-- Undo a reservation that PostgreSQL refused.
--
-- Guarantees: the listener is free again, her idle clock untouched. Contact gone: it leaves the
-- lanes for good at its version (a newer one may bring it back). Not gone (she was over capacity):
-- it waits again at its old rank, and she is not offered it in this round. A confirmed offer cannot
-- be released. Repeatable.
-- KEYS: {pool}:meta. ARGV: 3 offer, 4 contact gone ('1' or '0').
-- Returns DONE, ALREADY (no longer held), STALE (confirmed), UNKNOWN.
local id, is_gone = ARGV[3], ARGV[4] == '1'
local offer = read_offer(id)
if not offer then
  return UNKNOWN
end
if offer.state == 'confirmed' then
  return STALE
end
if not is_living(offer) then
  return ALREADY
end
end_offer(id, offer, 'released', is_gone and 'contact_gone' or 'released')
local contact = read_contact(offer.contact)
if is_gone and contact and contact.offer == id then
  bury(offer.contact, contact, contact.version)
else
  free_contact(offer.contact, id, offer.listener, tonumber(offer.at))
end
free_listener(offer.listener, id, false)
return DONE
