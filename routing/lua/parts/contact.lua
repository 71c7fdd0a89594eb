-- A contact in the index. Needs: clock, listener.
--
-- contact:<id> HASH: version turn lanes (parted by spaces, the first one counts) channel rank
--   since offerable offer epoch, pref pref_until (while a preference lives), skip (" id id ": who
--   refused it in this round), clear_at (end of the round), judge (a refusal to look into), told
--   (this round was reported as exhausted); a tombstone has only version and gone.
-- wait:<lane> ZSET by rank: those a match may take. preferred:<listener>:<channel> ZSET by rank:
-- those only she may take. waiting:<lane> ZSET by waiting since: all who wait, for the counts.
-- steps ZSET: when a contact is to be looked at again.
local function contact_key(id)
  return POOL .. 'contact:' .. id
end

local function has_refused(contact, listener)
  return string.find(contact.skip, ' ' .. listener .. ' ', 1, true) ~= nil
end

local function first_lane(contact)
  return string.match(contact.lanes, '%S+')
end

local function unstand(id, contact)
  if contact.pref ~= '' then
    redis.call('ZREM', preferred_key(contact.pref, contact.channel), id)
    local free = redis.call('HMGET', listener_key(contact.pref), 'standing', 'takes')
    beckon(contact.pref, free[1] or '', free[2] or '')
  end
  for lane in string.gmatch(contact.lanes, '%S+') do
    redis.call('ZREM', POOL .. 'wait:' .. lane, id)
  end
end

-- Drop a preference that is over, refused, or for somebody who is not there to be waited for.
local function weigh_preference(id, contact)
  if contact.pref == '' then
    return
  end
  local state = redis.call('HGET', listener_key(contact.pref), 'state')
  if tonumber(contact.pref_until) <= now or state ~= 'ready' or not is_leased(contact.pref)
    or has_refused(contact, contact.pref) then
    unstand(id, contact)
    contact.pref = ''
    redis.call('HSET', contact_key(id), 'pref', '')
  end
end

-- Put a contact where matches look: with the listener it prefers, or in its lanes.
local function stand(id, contact)
  weigh_preference(id, contact)
  if contact.offer ~= '' or contact.offerable ~= '1' then
    return
  end
  if contact.pref ~= '' then
    redis.call('ZADD', preferred_key(contact.pref, contact.channel), contact.rank, id)
    local free = redis.call('HMGET', listener_key(contact.pref), 'standing', 'takes')
    beckon(contact.pref, free[1] or '', free[2] or '')
    return
  end
  for lane in string.gmatch(contact.lanes, '%S+') do
    redis.call('ZADD', POOL .. 'wait:' .. lane, contact.rank, id)
  end
end

-- Plan when to look at it again: a refusal now, a preference or a round when it ends.
local function plan_step(id, contact)
  local due
  if contact.judge ~= '' then
    due = now
  end
  if contact.pref ~= '' and (not due or tonumber(contact.pref_until) < due) then
    due = tonumber(contact.pref_until)
  end
  if contact.clear_at ~= '' and (not due or tonumber(contact.clear_at) < due) then
    due = tonumber(contact.clear_at)
  end
  if due then
    redis.call('ZADD', POOL .. 'steps', digits(due), id)
  else
    redis.call('ZREM', POOL .. 'steps', id)
  end
end

-- A living contact; nil for none and for a tombstone.
local function read_contact(id)
  local contact = read_hash(contact_key(id))
  if contact and not contact.gone then
    return contact
  end
  return nil
end

-- Replace a contact by a tombstone, so that a late write of an older version revives nobody.
local function bury(id, contact, version)
  if contact then
    unstand(id, contact)
    redis.call('ZREM', POOL .. 'waiting:' .. first_lane(contact), id)
  end
  redis.call('ZREM', POOL .. 'steps', id)
  redis.call('DEL', contact_key(id))
  redis.call('HSET', contact_key(id), 'version', version, 'gone', '1')
  redis.call('PEXPIRE', contact_key(id), LIMIT.tombstone_ms)
end

-- Note that a listener did not take it: in this round she is not offered it again.
local function refuse(id, contact, listener, offered_at)
  if contact.clear_at == '' then
    contact.clear_at = digits(offered_at + LIMIT.round_ms)
  end
  if not has_refused(contact, listener) then
    local _, names = string.gsub(contact.skip, '%S+', '')
    if names < LIMIT.skip_max then
      contact.skip = (contact.skip == '' and ' ' or contact.skip) .. listener .. ' '
    else
      contact.clear_at = digits(now) -- the set is full: the round is over
    end
  end
  contact.judge = '1'
  redis.call('HSET', contact_key(id), 'skip', contact.skip, 'clear_at', contact.clear_at,
    'judge', '1')
end

-- Give a contact back from an offer, at its old rank; `refused_by` nil when nobody refused it.
local function free_contact(id, offer_id, refused_by, offered_at)
  local contact = read_contact(id)
  if not contact or contact.offer ~= offer_id then
    return nil
  end
  contact.offer = ''
  redis.call('HSET', contact_key(id), 'offer', '')
  if refused_by then
    refuse(id, contact, refused_by, offered_at)
  end
  stand(id, contact)
  plan_step(id, contact)
  return contact
end

-- Whoever stops being ready is not waited for: up to 64 at once, timers free the rest.
local function free_preferences(listener)
  for _, channel in ipairs({ 'call', 'chat' }) do
    for _, id in ipairs(redis.call('ZRANGE', preferred_key(listener, channel), 0, 63)) do
      local contact = read_contact(id)
      if contact then
        stand(id, contact)
        plan_step(id, contact)
      end
    end
  end
end
