-- uses: clock
-- Start, or extend, the time a listener has for a write-up; the sweep reports when it is over.
--
-- KEYS: {pool}:meta. ARGV: 3 listener, 4 contact, 5 milliseconds from now.
-- Returns DONE.
redis.call('ZADD', POOL .. 'wrapups', digits(now + tonumber(ARGV[5])), ARGV[3] .. ' ' .. ARGV[4])
return DONE
