-- uses: clock
-- Begin, or go on with, filling the index from PostgreSQL under a new epoch.
--
-- Guarantees: everything entered from now on carries the new epoch. On an emptied index no match is
-- made until the end, but for rebuild_ms at most after the last sign of the rebuild. A beginning
-- told late or twice changes nothing once a later rebuild goes on or has ended (epochs are UUIDv7:
-- the later one is the greater text); one that gave no sign for rebuild_ms stands in nobody's way.
-- KEYS: {pool}:meta. ARGV: 2 epoch, 3 `begin` or `continue`.
-- Returns DONE, STALE (another rebuild has begun since).
local known = redis.call('HMGET', META, 'building', 'epoch', 'building_until')
local building, ended = known[1] or '', known[2] or ''
if ARGV[3] == 'continue' and building ~= ARGV[2] then
  return STALE
end
if ended >= ARGV[2] or (building > ARGV[2] and tonumber(known[3]) > now) then
  return STALE
end
redis.call('HSET', META, 'building', ARGV[2], 'building_until', digits(now + LIMIT.rebuild_ms))
return DONE
