-- uses: clock
-- Begin, or go on with, filling the index from PostgreSQL under a new epoch.
--
-- Guarantees: everything entered from now on carries the new epoch. On an emptied index no match is
-- made until the end, but for rebuild_ms at most after the last sign of the rebuild.
-- KEYS: {pool}:meta. ARGV: 3 epoch, 4 `begin` or `continue`.
-- Returns DONE, STALE (another rebuild has begun since).
local building = redis.call('HGET', META, 'building')
if ARGV[4] == 'continue' and building ~= ARGV[3] then
  return STALE
end
redis.call('HSET', META, 'building', ARGV[3], 'building_until', digits(now + LIMIT.rebuild_ms))
return DONE
