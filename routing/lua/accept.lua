-- uses: clock listener contact offer
-- Reserve an offer for its listener while PostgreSQL decides.
--
-- Guarantees: only the listener and the session it was offered to, before its end, and for the turn
-- it was made for. Repeated: the same answer, and no longer reservation. An accept is a sign of
-- life, so a lease that ran out this moment does not refuse it.
-- KEYS: {pool}:meta. ARGV: 3 offer, 4 listener, 5 session.
-- Returns {status, contact, turn}: DONE, ALREADY (accepting or confirmed), UNKNOWN, NOT_YOURS, LATE,
-- GONE.
local id, listener, session = ARGV[3], ARGV[4], ARGV[5]
local offer = read_offer(id)
if not offer then
  return { UNKNOWN, '', '' }
end
if offer.listener ~= listener or offer.session ~= session then
  return { NOT_YOURS, '', '' }
end
if offer.state == 'accepting' or offer.state == 'confirmed' then
  return { ALREADY, offer.contact, offer.turn }
end
if offer.state == 'expired' or offer.state == 'unseen' then
  return { LATE, '', '' }
end
if offer.state ~= 'offered' then
  return { GONE, '', '' }
end
local contact = read_contact(offer.contact)
if not contact or contact.offer ~= id or contact.turn ~= offer.turn then
  return { GONE, '', '' }
end
if tonumber(offer.expires) <= now then
  return { LATE, '', '' }
end
redis.call('HSET', offer_key(id), 'state', 'accepting', 'seen', '1')
redis.call('ZADD', POOL .. 'offers', digits(now + LIMIT.accepting_ms), id)
return { DONE, offer.contact, offer.turn }
