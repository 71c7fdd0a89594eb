-- uses: clock listener
-- Renew the lease of a listener's session.
--
-- Guarantees: an older session renews nothing; a lease the sweep has reported as lost is not
-- revived here: the caller reads PostgreSQL and enters her presence again.
-- KEYS: {pool}:meta. ARGV: 3 listener, 4 session.
-- Returns DONE, UNKNOWN (no lease), NOT_YOURS.
local id, session = ARGV[3], ARGV[4]
local known = redis.call('HMGET', listener_key(id), 'session', 'lease_ms')
local lease = redis.call('ZSCORE', POOL .. 'leases', id)
if not known[1] or not lease then
  return UNKNOWN
end
if known[1] ~= session then
  return NOT_YOURS
end
redis.call('ZADD', POOL .. 'leases', digits(now + tonumber(known[2])), id)
if tonumber(lease) <= now then
  settle(id, read_hash(listener_key(id))) -- a match may have passed her over meanwhile
end
return DONE
