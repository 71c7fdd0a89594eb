-- uses: clock listener contact offer
-- The one match rule: take a free listener, then the best head over ALL lanes of her standing.
--
-- Guarantees: one offer a listener and one a contact; the longest-idle free listener first, after
-- those for whom a preferred contact waits; her lease and capacity hold at this instant; a preferred
-- contact goes before her lanes only when its rank does. Looks past at most skip_max refused heads a lane and as many listeners a standing: a
-- contact has no more refusals than that, so the head of a lane is always found by somebody.
-- Cost: flat in the number of contacts and of listeners. The same offer id again: same answer.
-- KEYS: {pool}:meta. ARGV: 3 offer id; 4 listener ('' = whoever is longest idle); then one for each
-- standing that may be woken: "standing lane lane …".
-- Returns {DONE, offer…} or {UNKNOWN} when there is no pair.
local offer_id, only = ARGV[3], ARGV[4]

local replayed = read_offer(offer_id)
if replayed then
  return { DONE, unpack(offer_reply(offer_id, replayed)) }
end
-- While an emptied index is filled again a newcomer would overtake those not yet restored.
local meta = redis.call('HMGET', META, 'building_until', 'epoch')
if meta[1] and not meta[2] and tonumber(meta[1]) > now then
  return { UNKNOWN }
end

local lanes_of = {}
local standings = {}
for i = 5, #ARGV do
  local standing, lanes = string.match(ARGV[i], '^(%S+) (.*)$')
  standings[#standings + 1] = standing
  lanes_of[standing] = lanes
end

-- The i-th head of a lane as {id, rank}; one head is read first, the rest only when it is refused.
local pages = {}
local function head(lane, i)
  local page = pages[lane]
  if not page or (i > page.size and not page.whole) then
    local last = page and LIMIT.skip_max or 0
    local flat = redis.call('ZRANGE', POOL .. 'wait:' .. lane, 0, last, 'WITHSCORES')
    page = { size = #flat / 2, whole = last > 0 or #flat == 0, flat = flat }
    pages[lane] = page
  end
  if i > page.size then
    return nil
  end
  return page.flat[2 * i - 1], tonumber(page.flat[2 * i])
end

local refusals = {}
local function is_takeable(id, listener)
  local skip = refusals[id]
  if skip == nil then
    skip = redis.call('HGET', contact_key(id), 'skip') or ''
    refusals[id] = skip
  end
  return string.find(skip, ' ' .. listener .. ' ', 1, true) == nil
end

local function is_before(rank, id, other_rank, other_id)
  return not other_id or rank < other_rank or (rank == other_rank and id < other_id)
end

-- The best head over all lanes of a standing, for one listener; second: whether any lane has one.
local function best_in_lanes(listener, lanes)
  local cursors = {}
  for lane in string.gmatch(lanes, '%S+') do
    local id, rank = head(lane, 1)
    if id then
      cursors[#cursors + 1] = { lane = lane, at = 1, id = id, rank = rank }
    end
  end
  local any = #cursors > 0
  while true do
    local best
    for _, cursor in ipairs(cursors) do
      if cursor.id and is_before(cursor.rank, cursor.id, best and best.rank, best and best.id) then
        best = cursor
      end
    end
    if not best or is_takeable(best.id, listener) then
      return best, any
    end
    best.at = best.at + 1
    best.id, best.rank = head(best.lane, best.at)
  end
end

local function best_preferred(listener, takes)
  local best
  for channel in string.gmatch(takes, '[^+]+') do
    local key = preferred_key(listener, channel)
    local flat = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if flat[1] and is_before(tonumber(flat[2]), flat[1], best and best.rank, best and best.id) then
      best = { id = flat[1], rank = tonumber(flat[2]), key = key }
    end
  end
  return best
end

local function make_offer(listener_id, listener, pick)
  local contact = read_contact(pick.id)
  if not contact or contact.offer ~= '' then
    -- One broken entry must not stop the lane: it goes, and the next match finds the next head.
    redis.call('ZREM', pick.lane and POOL .. 'wait:' .. pick.lane or pick.key, pick.id)
    return nil
  end
  unstand(pick.id, contact)
  local offer = {
    contact = pick.id, listener = listener_id, session = listener.session, turn = contact.turn,
    lane = pick.lane or first_lane(contact), channel = contact.channel, at = digits(now),
    expires = digits(now + LIMIT.offer_ms), state = 'offered', seen = '0',
  }
  redis.call('HSET', offer_key(offer_id), 'contact', offer.contact, 'listener', offer.listener,
    'session', offer.session, 'turn', offer.turn, 'lane', offer.lane, 'channel', offer.channel,
    'at', offer.at, 'expires', offer.expires, 'state', offer.state, 'seen', offer.seen)
  redis.call('HSET', contact_key(pick.id), 'offer', offer_id)
  listener.offer = offer_id
  settle(listener_id, listener)
  redis.call('ZADD', POOL .. 'offers', digits(now + math.min(LIMIT.seen_ms, LIMIT.offer_ms)),
    offer_id)
  announce('offered', listener_id, pick.id, offer_id, '')
  return { DONE, unpack(offer_reply(offer_id, offer)) }
end

-- Try one listener: {offer}, or nil and whether her lanes hold anybody at all.
local function try(id, standing)
  local listener = read_hash(listener_key(id))
  if not listener or listener.standing ~= standing then
    redis.call('ZREM', POOL .. 'free:' .. standing, id)
    return nil, true
  end
  if not is_leased(id) then
    settle(id, listener) -- no longer free; the sweep reports her
    return nil, true
  end
  local pick, any = best_in_lanes(id, lanes_of[standing] or '')
  local preferred = best_preferred(id, listener.takes)
  if preferred and (not pick or is_before(preferred.rank, preferred.id, pick.rank, pick.id)) then
    pick = preferred
  end
  if pick then
    return make_offer(id, listener, pick), true
  end
  return nil, any
end

if only ~= '' then
  local standing = redis.call('HGET', listener_key(only), 'standing')
  return standing and lanes_of[standing] and try(only, standing) or { UNKNOWN }
end

local beckoned = redis.call('ZRANGE', POOL .. 'beckoned', 0, 0)[1]
if beckoned then
  local standing = redis.call('HGET', listener_key(beckoned), 'standing')
  local made = standing and standing ~= '' and try(beckoned, standing)
  if made then
    return made
  end
end

-- Walk the free listeners of all standings together, longest idle first.
local queues = {}
for _, standing in ipairs(standings) do
  local flat = redis.call('ZRANGE', POOL .. 'free:' .. standing, 0, 0, 'WITHSCORES')
  if flat[1] then
    queues[#queues + 1] = { standing = standing, at = 1, flat = flat }
  end
end
while true do
  local longest
  for _, queue in ipairs(queues) do
    local id, idle = queue.flat[2 * queue.at - 1], tonumber(queue.flat[2 * queue.at])
    if id and is_before(idle, id, longest and longest.idle, longest and longest.id) then
      longest = { queue = queue, id = id, idle = idle }
    end
  end
  if not longest then
    return { UNKNOWN }
  end
  local queue = longest.queue
  local made, any = try(longest.id, queue.standing)
  if made then
    return made
  end
  if not any then
    queue.flat = {} -- nobody waits in these lanes: the others of this standing need not be asked
  elseif #queue.flat == 2 then
    queue.flat = redis.call('ZRANGE', POOL .. 'free:' .. queue.standing, 0, LIMIT.skip_max,
      'WITHSCORES')
    -- The first may have left this set meanwhile; asking the new first is right then.
    queue.at = queue.flat[1] == longest.id and 2 or 1
  else
    queue.at = queue.at + 1
  end
end
