-- A listener in the index. Needs: clock, lanes.
--
-- listener:<id> HASH: session version profile state (as PostgreSQL has it, or `asked` after
--   misses) capacity (routing.plan.Plan.capacity) offer idle misses lease_ms epoch,
--   standing takes (worked out here), wanted (how many contacts stand for her alone), lease (its
--   end, as in leases; 0 without one).
-- load:<listener> HASH: contact → "channel engagement at", her open engagements.
-- done:<listener> ZSET by instant: "contact engagement" and "contact", engagements finished.
-- leases ZSET by end of lease; present:<profile> SET of those ready; beckoned ZSET of free
-- listeners for whom a preferred contact waits.
local Listener = {}

function Listener.key(id)
  return POOL .. 'listener:' .. id
end

function Listener.load_key(id)
  return POOL .. 'load:' .. id
end

-- What steps need of a listener; nil when there is none.
function Listener.read(id)
  local known = redis.call('HMGET', Listener.key(id), 'session', 'version', 'profile', 'state',
    'capacity', 'offer', 'idle', 'standing', 'takes', 'wanted', 'lease')
  if not (known[1] and known[2] and known[3] and known[4] and known[5] and known[6] and known[7]) then
    return nil -- none, or another release's
  end
  return { session = known[1], version = known[2], profile = known[3], state = known[4],
    capacity = known[5], offer = known[6], idle = known[7], standing = known[8] or '',
    takes = known[9] or '', wanted = known[10] or '0',
    lease = known[11] or '0' }
end

function Listener.preferred_key(id, channel)
  return POOL .. 'preferred:' .. id .. ':' .. channel
end

-- Lease her session until an instant; 0 ends it.
function Listener.lease(id, until_ms)
  redis.call('HSET', Listener.key(id), 'lease', digits(until_ms))
  if until_ms > 0 then
    redis.call('ZADD', POOL .. 'leases', digits(until_ms), id)
  else
    redis.call('ZREM', POOL .. 'leases', id)
  end
end

-- Note whether somebody who stands for her alone can be offered to her now.
function Listener.beckon(id, standing, takes)
  if standing ~= '' then
    for channel in string.gmatch(takes, '[^+]+') do
      if redis.call('ZCARD', Listener.preferred_key(id, channel)) > 0 then
        local added = redis.call('ZADD', POOL .. 'beckoned', 'NX', digits(now), id)
        if added == 1 then
          redis.call('HINCRBY', META, 'beckoned', 1)
        end
        return
      end
    end
  end
  if redis.call('ZREM', POOL .. 'beckoned', id) == 1 then
    redis.call('HINCRBY', META, 'beckoned', -1)
  end
end

-- Which standing her load alone allows, and for which channels; '' when it allows nothing new,
-- which holds for any load above her capacity too.
function Listener.standing_by_load(id, capacity)
  local calls, others = 0, 0
  for _, load in ipairs(redis.call('HVALS', Listener.load_key(id))) do
    if string.sub(load, 1, 5) == 'call ' then
      calls = calls + 1
    else
      others = others + 1
    end
  end
  local load = calls .. '/' .. others
  local standing, takes = string.match(' ' .. capacity, ' ' .. load .. '=([^=]+)=(%S+)')
  return standing or '', takes or ''
end

-- The standing that her state, offer, lease and load call for; '' when she takes nothing new.
function Listener.standing_for(id, listener)
  if listener.state ~= 'ready' or listener.offer ~= '' or tonumber(listener.lease) <= now then
    return '', ''
  end
  return Listener.standing_by_load(id, listener.capacity)
end

function Listener.done_key(id)
  return POOL .. 'done:' .. id
end

-- Forget marks of finished engagements that no late write can undo any more.
function Listener.forget_finished(id)
  redis.call('ZREMRANGEBYSCORE', Listener.done_key(id), '-inf', digits(now - LIMIT.settle_ms))
end

function Listener.mark_finished(id, contact, engagement)
  Listener.forget_finished(id)
  local at = digits(now)
  redis.call('ZADD', Listener.done_key(id), at, contact .. ' ' .. engagement, at, contact)
end

-- Whether this engagement was finished, or ('-' on either side) any with this contact a moment ago.
function Listener.is_finished(id, contact, engagement)
  local at = redis.call('ZMSCORE', Listener.done_key(id), contact .. ' ' .. engagement,
    contact .. ' -', contact)
  if engagement ~= '-' and at[1] then
    return true
  end
  local latest = engagement == '-' and at[3] or at[2]
  return latest and tonumber(latest) + LIMIT.settle_ms > now
end

-- Put her in the one set of free listeners that fits, or in none; write her `misses` too if given.
function Listener.settle(id, listener, misses)
  local standing, takes = Listener.standing_for(id, listener)
  local before = listener.standing
  local since = before ~= '' and redis.call('ZSCORE', POOL .. 'free:' .. before, id)
  if standing ~= before or not since or tonumber(since) ~= tonumber(listener.idle) then
    if since then
      Lanes.leave_free(before, id)
    end
    if standing ~= '' then
      Lanes.join_free(standing, id, listener.idle)
    end
  end
  listener.standing, listener.takes = standing, takes
  if misses then
    redis.call('HSET', Listener.key(id), 'offer', listener.offer, 'idle', listener.idle,
      'standing', standing, 'takes', takes, 'misses', misses)
  else
    redis.call('HSET', Listener.key(id), 'offer', listener.offer, 'idle', listener.idle,
      'standing', standing, 'takes', takes)
  end
  if tonumber(listener.wanted) > 0 then
    Listener.beckon(id, standing, takes)
  end
end

-- Give a listener back from an offer. `turn_over` starts her idle clock again: she had her turn.
function Listener.free(id, offer_id, turn_over)
  local listener = Listener.read(id)
  if not listener or listener.offer ~= offer_id then
    return nil
  end
  listener.offer = ''
  if turn_over then
    listener.idle = digits(now)
  end
  Listener.settle(id, listener)
  return listener
end

-- Take a listener out who is not here: no lease, counted nowhere, woken for nothing.
function Listener.dismiss(id, listener)
  Listener.lease(id, 0)
  listener.lease = '0'
  Lanes.attend(id, listener.profile, false)
  Listener.settle(id, listener)
end
