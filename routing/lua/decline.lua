-- uses: clock lanes listener contact offer
-- Give an offer back by its listener's choice.
--
-- Guarantees: the contact waits again at its old rank, she is not offered it in this round, her
-- idle clock starts again and her misses are forgotten: she is there. Repeatable.
-- KEYS: {pool}:meta. ARGV: 2 offer, 3 listener, 4 session.
-- Returns DONE, ALREADY (declined before), UNKNOWN, NOT_YOURS, LATE, GONE.
local id, listener, session = ARGV[2], ARGV[3], ARGV[4]
local offer = Offer.read(id)
if not offer then
  return UNKNOWN
end
if offer.listener ~= listener or offer.session ~= session then
  return NOT_YOURS
end
if offer.state == 'declined' then
  return ALREADY
end
if offer.state == 'expired' or offer.state == 'unseen' then
  return LATE
end
if offer.state ~= 'offered' then
  return GONE
end
Offer.close(id, offer, 'declined')
redis.call('HSET', Listener.key(listener), 'misses', '0')
Contact.free(offer.contact, id, listener, tonumber(offer.at))
Listener.free(listener, id, true)
return DONE
