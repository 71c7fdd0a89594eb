-- uses: clock lanes listener contact offer
-- Hold a waiting contact back from matches, or let it be matched again; it keeps its place.
--
-- KEYS: {pool}:meta. ARGV: 2 contact, 3 '1' offerable or '0' held back.
-- Returns DONE, ALREADY, UNKNOWN. A living offer of it goes on.
local id, flag = ARGV[2], ARGV[3]
local contact = Contact.read(id)
if not contact then
  return UNKNOWN
end
if contact.offerable == flag then
  return ALREADY
end
redis.call('HSET', Contact.key(id), 'offerable', flag)
Contact.unstand(id, contact)
contact.offerable = flag
if flag == '1' then
  Contact.stand(id, contact)
else
  Contact.stand_aside(id, contact)
end
return DONE
