-- uses: clock lanes listener
-- Renew the lease of a listener's session.
--
-- Guarantees: an older session renews nothing; a lease the sweep has reported as lost is not
-- revived here: the caller reads PostgreSQL and enters her presence again.
-- KEYS: {pool}:meta. ARGV: 2 listener, 3 session.
-- Returns DONE, UNKNOWN (no lease), NOT_YOURS.
local id, session = ARGV[2], ARGV[3]
local known = redis.call('HMGET', Listener.key(id), 'session', 'lease_ms', 'lease')
local lease = tonumber(known[3] or '0')
if not known[1] or lease <= 0 then
  return UNKNOWN
end
if known[1] ~= session then
  return NOT_YOURS
end
Listener.lease(id, now + tonumber(known[2]))
if lease <= now then
  Listener.settle(id, Listener.read(id)) -- a match may have passed her over meanwhile
end
return DONE
