-- uses: clock lanes listener
-- Start, or extend, the time a listener has for a write-up; the sweep reports when it is over.
--
-- Guarantees: told again, the later call decides the end; nothing is kept for a listener the index
-- does not know.
-- KEYS: {pool}:meta. ARGV: 2 listener, 3 contact, 4 milliseconds from now.
-- Returns DONE, UNKNOWN (no such listener).
if redis.call('EXISTS', Listener.key(ARGV[2])) == 0 then
  return UNKNOWN
end
redis.call('ZADD', POOL .. 'wrapups', digits(now + tonumber(ARGV[4])), ARGV[2] .. ' ' .. ARGV[3])
return DONE
