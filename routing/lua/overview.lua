-- uses: clock
-- Tell the live picture from counters alone: no scan, whatever waits.
--
-- KEYS: {pool}:meta. ARGV: 3 lanes, 4 standings, 5 profiles, each list parted by spaces.
-- Returns {now, {waiting, oldest since or '', …}, {free, …}, {present, …}} in the order given.
local lanes, free, present = {}, {}, {}
for lane in string.gmatch(ARGV[3], '%S+') do
  local oldest = redis.call('ZRANGE', POOL .. 'waiting:' .. lane, 0, 0, 'WITHSCORES')
  lanes[#lanes + 1] = redis.call('ZCARD', POOL .. 'waiting:' .. lane)
  lanes[#lanes + 1] = oldest[2] or ''
end
for standing in string.gmatch(ARGV[4], '%S+') do
  free[#free + 1] = redis.call('ZCARD', POOL .. 'free:' .. standing)
end
for profile in string.gmatch(ARGV[5], '%S+') do
  present[#present + 1] = redis.call('SCARD', POOL .. 'present:' .. profile)
end
return { digits(now), lanes, free, present }
