-- uses: clock listener contact
-- Tell a waiting contact's place in its first lane: 1 is next. Cost: O(log waiting).
--
-- KEYS: {pool}:meta. ARGV: 3 contact.
-- Returns the place, or 0 when the contact does not wait.
local contact = read_contact(ARGV[3])
if not contact then
  return 0
end
return redis.call('ZCOUNT', POOL .. 'wait:' .. first_lane(contact), '-inf', '(' .. contact.rank) + 1
