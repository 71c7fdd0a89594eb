-- uses: clock lanes listener contact flow
-- Fill the live window again, from what PostgreSQL recorded.
--
-- Guarantees: of each figure of a lane's minute the larger one stays, so it may be told again, and
-- what was counted meanwhile is not lost. Minutes older than the window are ignored.
-- KEYS: {pool}:meta. ARGV: from 2 on, 3 for each row: lane, an instant of its minute (ms), the
-- six figures as in the bucket.
-- Returns how many rows were entered.
local oldest = Flow.minute_of(now - math.max(LIMIT.flow_ms, LIMIT.estimate_ms))
local entered = 0
for i = 2, #ARGV, 3 do
  local lane, minute, told = ARGV[i], Flow.minute_of(tonumber(ARGV[i + 1])), Flow.read(ARGV[i + 2])
  if minute > oldest and minute <= Flow.minute_of(now) then
    local known = redis.call('HGET', Flow.key(minute), lane)
    local flow = Flow.read(known)
    for figure = 1, 6 do
      flow[figure] = math.max(flow[figure], told[figure])
    end
    Flow.write(minute, lane, flow, not known)
    entered = entered + 1
  end
end
return entered
