-- What became of a lane's contacts, in buckets of a minute. Needs: clock, contact.
--
-- flow:<minute since 1970> HASH: lane → "answered in_target abandoned abandoned_early waited_ms
--   longest_ms" (routing.flow.Flow). Counted when a contact leaves, so once: a tombstone leaves
--   nothing to count. Kept for as long as a window looks back.
local Flow = {}

function Flow.minute_of(instant)
  return math.floor(instant / 60000)
end

function Flow.key(minute)
  return POOL .. 'flow:' .. digits(minute)
end

function Flow.read(words)
  local answered, in_target, abandoned, early, waited, longest =
    string.match(words or '', '^(%d+) (%d+) (%d+) (%d+) (%d+) (%d+)$')
  if not answered then
    return { 0, 0, 0, 0, 0, 0 }
  end
  return { tonumber(answered), tonumber(in_target), tonumber(abandoned), tonumber(early),
    tonumber(waited), tonumber(longest) }
end

function Flow.add(flow, other)
  for figure = 1, 5 do
    flow[figure] = flow[figure] + other[figure]
  end
  flow[6] = math.max(flow[6], other[6])
  return flow
end

-- Below 10^14 Lua writes whole numbers as digits by itself, in a third of string.format's time.
function Flow.words(flow)
  return table.concat(flow, ' ')
end

function Flow.write(minute, lane, flow, is_new)
  local key = Flow.key(minute)
  redis.call('HSET', key, lane, Flow.words(flow))
  if is_new then
    redis.call('PEXPIRE', key, math.max(LIMIT.flow_ms, LIMIT.estimate_ms) + 120000)
  end
end

-- Count how a contact left: `answered` or `abandoned`; anything else is in no figure.
function Flow.count_out(contact, left)
  if left ~= 'answered' and left ~= 'abandoned' then
    return
  end
  local minute, lane = Flow.minute_of(now), Contact.first_lane(contact)
  local known = redis.call('HGET', Flow.key(minute), lane)
  local flow = Flow.read(known)
  local waited, target = math.max(0, now - tonumber(contact.since)), tonumber(contact.target)
  if left == 'answered' then
    flow[1] = flow[1] + 1
    flow[5] = flow[5] + waited
    flow[6] = math.max(flow[6], waited)
    if target > 0 and waited <= target then
      flow[2] = flow[2] + 1
    end
  elseif waited < LIMIT.early_ms then
    flow[4] = flow[4] + 1
  else
    flow[3] = flow[3] + 1
  end
  Flow.write(minute, lane, flow, not known)
end
