-- uses: clock listener contact offer
-- Hold a waiting contact back from matches, or let it be matched again; it keeps its place.
--
-- KEYS: {pool}:meta. ARGV: 3 contact, 4 '1' offerable or '0' held back.
-- Returns DONE, ALREADY, UNKNOWN. A living offer of it goes on.
local id, flag = ARGV[3], ARGV[4]
local contact = read_contact(id)
if not contact then
  return UNKNOWN
end
if contact.offerable == flag then
  return ALREADY
end
contact.offerable = flag
redis.call('HSET', contact_key(id), 'offerable', flag)
if flag == '1' then
  stand(id, contact)
else
  unstand(id, contact)
end
return DONE
