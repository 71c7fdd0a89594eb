-- Who is free, longest idle first, for a match. Needs: clock, lanes.
--
-- Nearly always one of the first few standings serves the lane that is woken. When none does, a lane
-- that few standings serve is asked for those; otherwise the walk goes on, page by page.
local Idle = {}

local FIRST_PAGE, PAGE_OF_IDLE, FEW = 4, 16, 12
local walk = { flat = {}, at = 1, read = 0 } -- flat: "listener standing", idle since, …

local function by_idle(one, other)
  return one.idle < other.idle or (one.idle == other.idle and one.id < other.id)
end

local function add_idle(found, id, standing, idle)
  found[#found + 1] = { id = id, standing = standing, idle = tonumber(idle) }
end

-- Read the next page of all standings with somebody free.
function Idle.read_page()
  local last = walk.read + (walk.read == 0 and FIRST_PAGE or PAGE_OF_IDLE) - 1
  local flat = redis.call('ZRANGE', POOL .. 'idle', walk.read, last, 'WITHSCORES')
  walk.is_whole = #flat < 2 * (last - walk.read + 1)
  walk.read = last + 1
  walk.flat, walk.at = flat, 1
end

-- The standings that serve any of the lanes, help-out included, when they are few; nil otherwise.
function Idle.few_takers(lanes)
  local takers, count = {}, 0
  for _, lane in ipairs(lanes) do
    local asked = { lane }
    for help_lane in string.gmatch(redis.call('HGET', POOL .. 'helped', lane) or '', '%S+') do
      asked[#asked + 1] = help_lane
    end
    for _, each in ipairs(asked) do
      count = count + redis.call('ZCARD', POOL .. 'takers:' .. each)
      if count > FEW then
        return nil
      end
      for _, standing in ipairs(redis.call('ZRANGE', POOL .. 'takers:' .. each, 0, FEW)) do
        takers[standing] = true
      end
    end
  end
  return takers
end

-- Read the longest-idle of each of these standings instead of what is left of all.
function Idle.read_takers(takers)
  local found, flat = {}, {}
  for standing in pairs(takers) do
    local first = redis.call('ZRANGE', POOL .. 'free:' .. standing, 0, 0, 'WITHSCORES')
    if first[1] and not walk.met[standing] then
      add_idle(found, first[1], standing, first[2])
    end
  end
  table.sort(found, by_idle)
  for i, each in ipairs(found) do
    flat[2 * i - 1], flat[2 * i] = each.id .. ' ' .. each.standing, each.idle
  end
  walk.flat, walk.at, walk.is_whole = flat, 1, true
end

-- The next standing's longest-idle listener {id, standing, idle}; nil after the last.
function Idle.next()
  if not walk.flat[walk.at] and not walk.is_whole then
    local takers = walk.read == FIRST_PAGE and not walk.is_everybody and Idle.few_takers(walk.lanes)
    if takers then
      Idle.read_takers(takers)
    else
      Idle.read_page()
    end
  end
  local words, idle = walk.flat[walk.at], tonumber(walk.flat[walk.at + 1])
  if not words then
    return nil
  end
  local id, standing = string.match(words, '^(%S+) (%S+)$')
  walk.at, walk.met[standing] = walk.at + 2, true
  return { id = id, standing = standing, idle = idle }
end

-- Begin the walk for the lanes woken (all of them: every standing); returns the first.
function Idle.begin(lanes, is_everybody)
  walk.lanes, walk.is_everybody, walk.met = lanes, is_everybody, {}
  return Idle.next()
end

-- Those who wait for a contact behind the longest-idle one of her standing, in order.
function Idle.behind(longest)
  local key, queue = POOL .. 'free:' .. longest.standing, { at = 1 }
  local flat = redis.call('ZRANGE', key, 0, LIMIT.skip_max, 'WITHSCORES')
  for i = 1, #flat, 2 do
    if flat[i] ~= longest.id then
      add_idle(queue, flat[i], longest.standing, flat[i + 1])
      queue[#queue].queue = queue
    end
  end
  return queue
end
