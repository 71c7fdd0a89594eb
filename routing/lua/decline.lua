-- uses: clock listener contact offer
-- Give an offer back by its listener's choice.
--
-- Guarantees: the contact waits again at its old rank, she is not offered it in this round, her
-- idle clock starts again and her misses are forgotten: she is there. Repeatable.
-- KEYS: {pool}:meta. ARGV: 3 offer, 4 listener, 5 session.
-- Returns DONE, ALREADY (declined before), UNKNOWN, NOT_YOURS, LATE, GONE.
local id, listener, session = ARGV[3], ARGV[4], ARGV[5]
local offer = read_offer(id)
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
end_offer(id, offer, 'declined')
redis.call('HSET', listener_key(listener), 'misses', '0')
free_contact(offer.contact, id, listener, tonumber(offer.at))
free_listener(listener, id, true)
return DONE
