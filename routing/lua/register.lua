-- uses: clock lanes
-- Enter the lanes of a profile that a listener is about to stand in.
--
-- Guarantees: after it the profile's standings, who counts for which lane, and who is woken for
-- which lane agree with the lanes given, whatever they were before (another configuration, or
-- nothing); the same again changes nothing but repairs who is woken. Listeners keep their places.
-- Cost: O(lanes · standings of the profile); only presence calls it, when the stamp is another one.
-- KEYS: {pool}:meta. ARGV: 2 profile, 3 stamp of the lanes, 4 "lane=channel lane=channel", help
-- lanes (`<lane>!ms`) included.
-- Returns DONE.
local profile, stamp, words = ARGV[2], ARGV[3], ARGV[4]

-- A list of words in a field of a HASH, with one put in or taken out.
local function enlist(hash, field, word, is_in)
  local list = redis.call('HGET', POOL .. hash, field) or ' '
  local from, to = string.find(list, ' ' .. word .. ' ', 1, true)
  if is_in and not from then
    redis.call('HSET', POOL .. hash, field, list .. word .. ' ')
  elseif not is_in and from then
    redis.call('HSET', POOL .. hash, field, string.sub(list, 1, from) .. string.sub(list, to + 1))
  end
end

local function counts_for(lane, present, is_in)
  enlist('serving', lane, profile, is_in)
  if present > 0 then
    redis.call('HINCRBY', POOL .. 'staff', lane, is_in and present or -present)
  end
end

local next_lanes = { [profile] = ' ' }
for lane, channel in string.gmatch(words, '(%S+)=(%S+)') do
  local part = profile .. '~' .. channel
  next_lanes[profile] = next_lanes[profile] .. lane .. ' '
  next_lanes[part] = (next_lanes[part] or ' ') .. lane .. ' '
end

local before, after = Lanes.served(profile), next_lanes[profile]
local present = redis.call('SCARD', POOL .. 'present:' .. profile)
for lane in string.gmatch(before, '%S+') do
  if not string.find(after, ' ' .. lane .. ' ', 1, true) then
    counts_for(lane, present, false)
  end
end
for lane in string.gmatch(after, '%S+') do
  if not string.find(before, ' ' .. lane .. ' ', 1, true) then
    counts_for(lane, present, true)
  end
  local helped = string.match(lane, '^(.*)!%d+$')
  if helped then
    enlist('helped', helped, lane, true)
  end
end

for _, standing in ipairs({ profile, profile .. '~call', profile .. '~chat' }) do
  for lane in string.gmatch(Lanes.served(standing), '%S+') do
    redis.call('ZREM', POOL .. 'takers:' .. lane, standing)
  end
  local lanes = next_lanes[standing]
  for lane in string.gmatch(lanes or '', '%S+') do
    redis.call('ZADD', POOL .. 'takers:' .. lane, 0, standing)
  end
  redis.call('HDEL', POOL .. 'served', standing)
  if lanes then
    redis.call('HSET', POOL .. 'served', standing, lanes)
  end
  local first = redis.call('ZRANGE', POOL .. 'free:' .. standing, 0, 0, 'WITHSCORES')
  if first[2] then
    redis.call('ZADD', POOL .. 'idle', first[2], first[1] .. ' ' .. standing)
  end
end
redis.call('HSET', POOL .. 'profiles', profile, stamp)
return DONE
