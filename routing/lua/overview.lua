-- uses: clock lanes listener contact flow
-- Tell the live picture from counters alone: no scan, whatever waits.
--
-- Guarantees: who waits is counted once, in the first lane, on a desk or not. The flow is that of
-- the latest minutes, flow_ms of them with the current one. Cost: O(lanes + minutes · lanes
-- with anything in that minute).
-- KEYS: {pool}:meta. ARGV: 2 lanes, parted by spaces.
-- Returns {now, {waiting, oldest since or '', listeners present, …} in the order given, {standing,
-- free, …} of those with somebody free, {profile, present, …} of those in use, {lane, "answered
-- in_target abandoned abandoned_early waited_ms longest_ms", …} of those with any}.
local lanes, free, present, flows = {}, {}, {}, {}
for lane in string.gmatch(ARGV[2], '%S+') do
  local oldest = redis.call('ZRANGE', POOL .. 'waiting:' .. lane, 0, 0, 'WITHSCORES')
  lanes[#lanes + 1] = oldest[2] and redis.call('ZCARD', POOL .. 'waiting:' .. lane) or 0
  lanes[#lanes + 1] = oldest[2] or ''
  lanes[#lanes + 1] = math.max(0, Lanes.staff(lane))
end
for _, words in ipairs(redis.call('ZRANGE', POOL .. 'idle', 0, 1535)) do
  local standing = string.match(words, ' (%S+)$')
  free[#free + 1] = standing
  free[#free + 1] = redis.call('ZCARD', POOL .. 'free:' .. standing)
end
for _, profile in ipairs(redis.call('HKEYS', POOL .. 'profiles')) do
  present[#present + 1] = profile
  present[#present + 1] = redis.call('SCARD', POOL .. 'present:' .. profile)
end
local totals = {}
for minute = Flow.minute_of(now - LIMIT.flow_ms) + 1, Flow.minute_of(now) do
  local flat = redis.call('HGETALL', Flow.key(minute))
  for i = 1, #flat, 2 do
    totals[flat[i]] = Flow.add(totals[flat[i]] or Flow.read(), Flow.read(flat[i + 1]))
  end
end
for lane, flow in pairs(totals) do
  flows[#flows + 1] = lane
  flows[#flows + 1] = Flow.words(flow)
end
return { digits(now), lanes, free, present, flows }
