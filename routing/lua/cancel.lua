-- uses: clock lanes listener contact offer flow
-- rarely: Offer.withdraw
-- Take a contact out: the person hung up, left, or was closed at this version.
--
-- Guarantees: a tombstone for an hour, so that a late write revives nobody; an offer on a desk is
-- taken back at once, its listener's idle clock untouched. An accept in flight keeps its listener
-- reserved until `confirm` or `release` says what PostgreSQL decided. A version older than the
-- contact's changes nothing. How it left is counted in its lane's flow, once. `forgotten` (nobody
-- in PostgreSQL waits so) is counted nowhere and leaves no tombstone where nothing was.
-- KEYS: {pool}:meta. ARGV: 2 contact, 3 version, 4 how it left: closed, abandoned, answered or
-- forgotten.
-- Returns {status} or {DONE, offer…} with the offer taken back; STALE, ALREADY, DONE, UNKNOWN.
local id, version, left = ARGV[2], ARGV[3], ARGV[4]
local contact = Contact.read_known(id)
if contact and tonumber(version) < tonumber(contact.version) then
  return { STALE }
end
if contact and contact.gone then
  redis.call('HSET', Contact.key(id), 'version', version)
  redis.call('PEXPIRE', Contact.key(id), LIMIT.tombstone_ms)
  return { ALREADY }
end
if not contact and left == 'forgotten' then
  return { UNKNOWN }
end
local offer_id, taken = '', nil
if contact then
  offer_id = contact.offer
  if offer_id ~= '' then
    taken = Offer.withdraw(offer_id, 'contact_gone')
    contact = Contact.read(id)
  end
  Flow.count_out(contact, left)
end
Contact.bury(id, contact, version)
if taken then
  return { DONE, unpack(Offer.reply(offer_id, taken)) }
end
return { DONE }
