-- uses: clock
-- End a rebuild: its epoch is the index's name from now on, and matches go on.
--
-- KEYS: {pool}:meta. ARGV: 2 epoch.
-- Returns DONE, ALREADY, STALE (another rebuild has begun since).
local named = redis.call('HMGET', META, 'building', 'epoch')
if named[1] ~= ARGV[2] then
  return named[2] == ARGV[2] and ALREADY or STALE
end
redis.call('HSET', META, 'epoch', ARGV[2])
redis.call('HDEL', META, 'building', 'building_until')
return DONE
