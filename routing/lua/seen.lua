-- uses: clock lanes listener contact offer
-- Note that the offer shows on its listener's desk: from now on it lasts until its end.
--
-- KEYS: {pool}:meta. ARGV: 2 offer, 3 session.
-- Returns DONE, ALREADY, UNKNOWN, NOT_YOURS, GONE.
local id, session = ARGV[2], ARGV[3]
local offer = Offer.read(id)
if not offer then
  return UNKNOWN
end
if offer.session ~= session then
  return NOT_YOURS
end
if not Offer.is_living(offer) then
  return GONE
end
if offer.seen == '1' then
  return ALREADY
end
redis.call('HSET', Offer.key(id), 'seen', '1')
redis.call('ZADD', POOL .. 'offers', offer.expires, id)
return DONE
