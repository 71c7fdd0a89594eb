-- The heads of lanes, for a match. Needs: clock, lanes, listener, contact. Reads each at most once.
local Heads = {}

local FIRST_LANES, PAGE_OF_LANES = 8, 32

-- The i-th lane that holds somebody and its first rank, lowest rank first; nil past the last.
local lanes_by_head = { flat = {}, whole = false }
function Heads.lane(i)
  local flat = lanes_by_head.flat
  while #flat < 2 * i and not lanes_by_head.whole do
    local from, size = #flat / 2, #flat == 0 and FIRST_LANES or PAGE_OF_LANES
    local page = redis.call('ZRANGE', POOL .. 'heads', from, from + size - 1, 'WITHSCORES')
    for _, word in ipairs(page) do
      flat[#flat + 1] = word
    end
    lanes_by_head.whole = #page < 2 * size
  end
  return flat[2 * i - 1], tonumber(flat[2 * i])
end

-- Whether anybody stands in these lanes.
function Heads.has_somebody(lanes)
  local i = 1
  while Heads.lane(i) do
    if Lanes.serves(lanes, (Heads.lane(i))) then
      return true
    end
    i = i + 1
  end
  return false
end

-- The i-th contact of a lane and its rank; one is read first, the rest only when it is refused.
local pages = {}
function Heads.contact(lane, i)
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

local contacts = {}
function Heads.known_contact(id)
  if contacts[id] == nil then
    contacts[id] = Contact.read(id) or false
  end
  return contacts[id]
end

-- Whether a listener may be offered a head, and whether it keeps her from anything lesser: one in
-- band 0 that she has refused does, until it is taken or its time to ask her again has come. What is
-- no contact that waits is taken for takeable, so that a match meets and removes it.
function Heads.is_takeable(id, listener, profile)
  local contact = Heads.known_contact(id)
  if not contact or contact.offer ~= '' then
    return true, false
  end
  if contact.given_up_by ~= '' and Contact.is_kept_from(contact, listener, profile) then
    return false, false
  end
  if Contact.has_refused(contact, listener) and Contact.keeps_off(contact, listener) then
    return false, tonumber(contact.rank) < BAND
  end
  return true, false
end

-- Whether one contact is served before another, or before none.
function Heads.goes_before(one, other)
  return not other or one.rank < other.rank or (one.rank == other.rank and one.id < other.id)
end

-- The best head over all lanes of a standing, for one listener; and whether one in band 0 that waits
-- keeps her from anything lesser. Lanes are opened in the order of their heads, so those that cannot
-- hold the best are never read.
function Heads.best_in_lanes(listener, lanes, profile)
  local open, next_lane, is_held = {}, 1, false
  while true do
    local best
    for _, cursor in ipairs(open) do
      if cursor.id and Heads.goes_before(cursor, best) then
        best = cursor
      end
    end
    local lane, rank = Heads.lane(next_lane)
    if lane and (not best or rank <= best.rank) then
      next_lane = next_lane + 1
      if Lanes.serves(lanes, lane) then
        local id, first = Heads.contact(lane, 1)
        open[#open + 1] = { lane = lane, at = 1, id = id, rank = first }
      end
    elseif not best or (is_held and best.rank >= BAND) then
      return nil, is_held
    else
      local is_takeable, holds = Heads.is_takeable(best.id, listener, profile)
      if is_takeable then
        return best, is_held
      end
      is_held = is_held or holds
      best.at = best.at + 1
      best.id, best.rank = Heads.contact(best.lane, best.at)
    end
  end
end

-- The best of those who stand for her alone, on the channels she takes.
function Heads.best_preferred(listener, takes)
  local best
  for channel in string.gmatch(takes, '[^+]+') do
    local key = Listener.preferred_key(listener, channel)
    local flat = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    local first = flat[1] and { id = flat[1], rank = tonumber(flat[2]), key = key }
    if first and Heads.goes_before(first, best) then
      best = first
    end
  end
  return best
end
