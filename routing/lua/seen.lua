-- uses: clock listener contact offer
-- Note that the offer shows on its listener's desk: from now on it lasts until its end.
--
-- KEYS: {pool}:meta. ARGV: 3 offer, 4 session.
-- Returns DONE, ALREADY, UNKNOWN, NOT_YOURS, GONE.
local id, session = ARGV[3], ARGV[4]
local offer = read_offer(id)
if not offer then
  return UNKNOWN
end
if offer.session ~= session then
  return NOT_YOURS
end
if not is_living(offer) then
  return GONE
end
if offer.seen == '1' then
  return ALREADY
end
redis.call('HSET', offer_key(id), 'seen', '1')
redis.call('ZADD', POOL .. 'offers', offer.expires, id)
return DONE
