-- uses: clock lanes listener contact offer
-- Reserve an offer for its listener while PostgreSQL decides.
--
-- Guarantees: only the listener and the session it was offered to, before its end, and for the turn
-- it was made for. Repeated: the same answer, and no longer reservation. An accept is a sign of
-- life, so a lease that ran out this moment does not refuse it.
-- KEYS: {pool}:meta. ARGV: 2 offer, 3 listener, 4 session.
-- Returns {status, contact, turn}: DONE, ALREADY (accepting or confirmed), UNKNOWN, NOT_YOURS,
-- LATE, GONE.
local id, listener, session = ARGV[2], ARGV[3], ARGV[4]
local offer = Offer.read(id)
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
-- A tombstone has no offer and no turn.
local contact = redis.call('HMGET', Contact.key(offer.contact), 'offer', 'turn')
if contact[1] ~= id or contact[2] ~= offer.turn then
  return { GONE, '', '' }
end
if tonumber(offer.expires) <= now then
  return { LATE, '', '' }
end
redis.call('HSET', Offer.key(id), 'state', 'accepting', 'seen', '1')
redis.call('ZADD', POOL .. 'offers', digits(now + LIMIT.accepting_ms), id)
return { DONE, offer.contact, offer.turn }
