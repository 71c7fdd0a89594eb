-- A listener in the index.
--
-- listener:<id> HASH: session version profile state (as PostgreSQL has it, or `asked` after
--   misses) capacity (routing.plan.Plan.capacity) offer idle misses lease_ms epoch,
--   standing takes (worked out here), load:<contact> = "channel engagement at",
--   done:<contact> = "engagement at".
-- free:<standing> ZSET by idle since; leases ZSET by end of lease; present:<profile> SET of those
-- ready; beckoned ZSET of free listeners for whom a preferred contact waits.
local function listener_key(id)
  return POOL .. 'listener:' .. id
end

local function preferred_key(id, channel)
  return POOL .. 'preferred:' .. id .. ':' .. channel
end

local function is_leased(id)
  local lease = redis.call('ZSCORE', POOL .. 'leases', id)
  return lease and tonumber(lease) > now
end

local function beckon(id, standing, takes)
  if standing ~= '' then
    for channel in string.gmatch(takes, '[^+]+') do
      if redis.call('ZCARD', preferred_key(id, channel)) > 0 then
        redis.call('ZADD', POOL .. 'beckoned', 'NX', digits(now), id)
        return
      end
    end
  end
  redis.call('ZREM', POOL .. 'beckoned', id)
end

-- Which standing her load alone allows, and for which channels; '' when it allows nothing new.
local function standing_by_load(listener)
  local calls, others = 0, 0
  for name, value in pairs(listener) do
    if string.sub(name, 1, 5) == 'load:' then
      if string.sub(value, 1, 5) == 'call ' then
        calls = calls + 1
      else
        others = others + 1
      end
    end
  end
  local load = calls .. '/' .. others
  local standing, takes = string.match(' ' .. listener.capacity, ' ' .. load .. '=([^=]+)=(%S+)')
  return standing or '', takes or ''
end

-- The standing that her state, offer, lease and load call for; '' when she takes nothing new.
local function standing_for(id, listener)
  if listener.state ~= 'ready' or listener.offer ~= '' or not is_leased(id) then
    return '', ''
  end
  return standing_by_load(listener)
end

-- Forget marks of finished engagements that no late write can undo any more.
local function forget_finished(id, listener)
  for name, value in pairs(listener) do
    if string.sub(name, 1, 5) == 'done:'
      and tonumber(string.match(value, '%d+$')) + LIMIT.settle_ms <= now then
      redis.call('HDEL', listener_key(id), name)
      listener[name] = nil
    end
  end
end

-- Whether this engagement (or, '-', any with this contact) was finished a moment ago.
local function is_finished(listener, contact, engagement)
  local mark = listener['done:' .. contact]
  if not mark then
    return false
  end
  local finished, at = string.match(mark, '^(%S+) (%d+)$')
  if finished ~= '-' and engagement ~= '-' then
    return finished == engagement
  end
  return tonumber(at) + LIMIT.settle_ms > now
end

-- Put her in the one set of free listeners that fits, or in none. The only writer of free:*.
local function settle(id, listener)
  local standing, takes = standing_for(id, listener)
  local before = listener.standing or ''
  if before ~= '' and before ~= standing then
    redis.call('ZREM', POOL .. 'free:' .. before, id)
  end
  if standing ~= '' then
    redis.call('ZADD', POOL .. 'free:' .. standing, listener.idle, id)
  end
  listener.standing, listener.takes = standing, takes
  redis.call('HSET', listener_key(id), 'offer', listener.offer, 'idle', listener.idle,
    'standing', standing, 'takes', takes)
  beckon(id, standing, takes)
end

-- Give a listener back from an offer. `turn_over` starts her idle clock again: she had her turn.
local function free_listener(id, offer_id, turn_over)
  local listener = read_hash(listener_key(id))
  if not listener or listener.offer ~= offer_id then
    return nil
  end
  listener.offer = ''
  if turn_over then
    listener.idle = digits(now)
  end
  settle(id, listener)
  return listener
end
