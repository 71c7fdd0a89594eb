-- Who is free, longest idle first, for a match. Needs: clock, lanes.
--
-- Nearly always one of the first standings serves the lane that is woken: a few are looked at, then
-- some more. When none of those does, a lane that few standings serve is asked for them; otherwise
-- the walk goes on through all.
local Idle = {}

local PAGES, FEW = { 4, 16, 64 }, 12
local walk = { entries = {}, at = 1, read = 0, page = 0, met = {} }

function Idle.is_longer(one, other)
  return one.idle < other.idle or (one.idle == other.idle and one.id < other.id)
end

-- Take the lanes whose listeners are woken: those told, and the help lanes of one that nobody
-- present has as first choice.
function Idle.set_woken(lanes, is_everybody)
  walk.woken, walk.is_everybody = {}, is_everybody
  for _, lane in ipairs(lanes) do
    walk.woken[#walk.woken + 1] = lane
    if not is_everybody and not string.find(lane, '!', 1, true) and Lanes.staff(lane) <= 0 then
      for help_lane in string.gmatch(redis.call('HGET', POOL .. 'helped', lane) or '', '%S+') do
        walk.woken[#walk.woken + 1] = help_lane
      end
    end
  end
end

-- Keep those entries of a page whose standing is woken.
function Idle.sift(found, standings)
  local is_kept = {}
  for _, lane in ipairs(walk.is_everybody and {} or walk.woken) do
    local scores = redis.call('ZMSCORE', POOL .. 'takers:' .. lane, unpack(standings))
    for i = 1, #standings do
      is_kept[i] = is_kept[i] or scores[i]
    end
  end
  walk.entries, walk.at = {}, 1
  for i, entry in ipairs(found) do
    if walk.is_everybody or is_kept[i] then
      walk.entries[#walk.entries + 1] = entry
    end
  end
end

-- Read the next page of all standings with somebody free.
function Idle.read_page()
  walk.page = math.min(walk.page + 1, #PAGES)
  local size = PAGES[walk.page]
  local flat = redis.call('ZRANGE', POOL .. 'idle', walk.read, walk.read + size - 1, 'WITHSCORES')
  walk.read, walk.is_whole = walk.read + size, #flat < 2 * size
  local found, standings = {}, {}
  for i = 1, #flat, 2 do
    local id, standing = string.match(flat[i], '^(%S+) (%S+)$')
    found[#found + 1] = { id = id, standing = standing, idle = tonumber(flat[i + 1]) }
    standings[#standings + 1] = standing
  end
  if #found > 0 then
    Idle.sift(found, standings)
  end
end

-- Read the longest-idle of all standings woken, instead of what is left of all, when they are few.
function Idle.read_takers()
  local count, takers = 0, {}
  for _, lane in ipairs(walk.woken) do
    count = count + redis.call('ZCARD', POOL .. 'takers:' .. lane)
  end
  if walk.is_everybody or count > FEW then
    return false
  end
  walk.entries, walk.at, walk.is_whole = {}, 1, true
  for _, lane in ipairs(walk.woken) do
    for _, standing in ipairs(redis.call('ZRANGE', POOL .. 'takers:' .. lane, 0, FEW)) do
      takers[standing] = true
    end
  end
  for standing in pairs(takers) do
    local first = not walk.met[standing]
      and redis.call('ZRANGE', POOL .. 'free:' .. standing, 0, 0, 'WITHSCORES')
    if first and first[1] then
      walk.entries[#walk.entries + 1] =
        { id = first[1], standing = standing, idle = tonumber(first[2]) }
    end
  end
  table.sort(walk.entries, Idle.is_longer)
  return true
end

-- The longest-idle listener of the next standing woken {id, standing, idle}; nil after the last.
function Idle.next()
  while not walk.entries[walk.at] and not walk.is_whole do
    if walk.page ~= 2 or not Idle.read_takers() then
      Idle.read_page()
    end
  end
  local entry = walk.entries[walk.at]
  if entry then
    walk.at, walk.met[entry.standing] = walk.at + 1, true
  end
  return entry
end

-- Those who wait for a contact behind the longest-idle one of her standing, in order.
function Idle.behind(longest)
  local key, queue = POOL .. 'free:' .. longest.standing, { at = 1 }
  local flat = redis.call('ZRANGE', key, 0, LIMIT.skip_max, 'WITHSCORES')
  for i = 1, #flat, 2 do
    if flat[i] ~= longest.id then
      queue[#queue + 1] = { id = flat[i], standing = longest.standing,
        idle = tonumber(flat[i + 1]), queue = queue }
    end
  end
  return queue
end
