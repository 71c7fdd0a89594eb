-- uses: clock lanes listener contact offer
-- Take out a listener whom PostgreSQL does not know, or knows as gone.
--
-- Guarantees: a version older than the known one changes nothing. An offer on her desk is taken
-- back; one being accepted keeps its reservation until PostgreSQL is asked. She has no lease, so
-- her next heartbeat makes the caller enter her presence again.
-- KEYS: {pool}:meta. ARGV: 2 listener, 3 version.
-- Returns DONE, STALE, UNKNOWN.
local id, version = ARGV[2], ARGV[3]
local listener = Listener.read(id)
if not listener then
  redis.call('ZREM', POOL .. 'leases', id)
  return UNKNOWN
end
if tonumber(version) < tonumber(listener.version) then
  return STALE
end
Listener.lease(id, 0)
Offer.withdraw(listener.offer, 'not_ready')
Listener.dismiss(id, Listener.read(id))
redis.call('ZREM', POOL .. 'unsettled', id)
Contact.free_preferences(id)
return DONE
