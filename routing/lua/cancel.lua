-- uses: clock listener contact offer
-- Take a contact out: the person hung up, left, or was closed at this version.
--
-- Guarantees: a tombstone for an hour, so that a late write revives nobody; an offer on a desk is
-- taken back at once, its listener's idle clock untouched. An accept in flight keeps its listener
-- reserved until `confirm` or `release` says what PostgreSQL decided. A version older than the
-- contact's changes nothing.
-- KEYS: {pool}:meta. ARGV: 3 contact, 4 version.
-- Returns {status} or {DONE, offer…} with the offer taken back; STALE, ALREADY, DONE.
local id, version = ARGV[3], ARGV[4]
local contact = read_hash(contact_key(id))
if contact and tonumber(version) < tonumber(contact.version) then
  return { STALE }
end
if contact and contact.gone then
  redis.call('HSET', contact_key(id), 'version', version)
  redis.call('PEXPIRE', contact_key(id), LIMIT.tombstone_ms)
  return { ALREADY }
end
local offer_id, taken = '', nil
if contact then
  offer_id = contact.offer
  taken = withdraw(offer_id, 'contact_gone')
  contact = read_contact(id)
end
bury(id, contact, version)
if taken then
  return { DONE, unpack(offer_reply(offer_id, taken)) }
end
return { DONE }
