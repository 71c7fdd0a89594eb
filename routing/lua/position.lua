-- uses: clock lanes listener contact
-- Tell a waiting contact's place in its first lane: 1 is next. Cost: O(log waiting).
--
-- Guarantees: whoever keeps a place before it counts, those held back or waiting for one listener
-- too, so a place never grows because somebody came back; those on a desk do not.
-- KEYS: {pool}:meta. ARGV: 2 contact.
-- Returns the place, or 0 when the contact does not wait.
local contact = Contact.read(ARGV[2])
if not contact then
  return 0
end
return Contact.places_before(contact) + 1
