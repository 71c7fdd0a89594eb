-- A contact in the index. Needs: clock, lanes, listener.
--
-- contact:<id> HASH: version turn lanes (parted by spaces, the first one counts) channel rank
--   since target offerable offer epoch, given (lanes and widenings as PostgreSQL and the
--   configuration have them; nothing without a widening: then lanes says so), widen (what is still
--   to come, "at lane lane;at lane"), reached (the latest widening applied), pref pref_until (while
--   a preference lives), given_up_by (" id id ": who handed it over), skip (" id id ": who refused it
--   in this round), again (" id=at ": those of them who only missed it, and from when each may be
--   asked again within the round while it is in band 0), clear_at (end of the round), judge (a
--   refusal to look into), told (this round was reported as exhausted); a tombstone has only version
--   and gone. What is empty is left out: ABSENT says how it is read.
-- It stands in wait:<lane> of each of its lanes, or, while it has a preference, in
--   preferred:<listener>:<channel> (ZSET by rank), or, on a desk or held back, in neither.
-- aside:<lane> ZSET by rank: those of a first lane who keep their place outside wait:<lane>,
--   preferred or held back. waiting:<lane> ZSET by waiting since: all who wait, for the counts.
-- steps ZSET: when a contact is to be looked at again.
local Contact = {}

-- Ranks below it are of band 0, immediate danger: routing.rank.BAND.
local BAND = 8796093022208

local ABSENT = { __index = {
  offerable = '1', offer = '', pref = '', pref_until = '0', skip = '', again = '', clear_at = '',
  judge = '', told = '', target = '0', widen = '', reached = '', given = '', given_up_by = '',
} }

function Contact.key(id)
  return POOL .. 'contact:' .. id
end

function Contact.has_refused(contact, listener)
  return string.find(contact.skip, ' ' .. listener .. ' ', 1, true) ~= nil
end

-- Whether one who refused it in this round waits for its end, or for her time to be asked again.
function Contact.keeps_off(contact, listener)
  if tonumber(contact.rank) >= BAND then
    return true
  end
  local _, to = string.find(contact.again, ' ' .. listener .. '=', 1, true)
  return not to or tonumber(string.match(contact.again, '^%d+', to + 1)) > now
end

-- Whether somebody is present, busy or not, who serves these lanes or will help out in them, apart
-- from one listener with lanes of her own.
function Contact.has_others(contact, own)
  local function others(lane)
    local herself = string.find(own, ' ' .. lane .. ' ', 1, true) and 1 or 0
    return Lanes.staff(lane) > herself
  end
  for lane in string.gmatch(contact.lanes, '%S+') do
    if others(lane) then
      return true
    end
    for help_lane in string.gmatch(redis.call('HGET', POOL .. 'helped', lane) or '', '%S+') do
      if others(help_lane) then
        return true
      end
    end
  end
  return false
end

-- Whether a listener gave it up and somebody else present can serve it. One in band 0 that nobody
-- took for a whole round is hers to take again: a free listener is better than none.
function Contact.is_kept_from(contact, listener, profile)
  if not string.find(contact.given_up_by, ' ' .. listener .. ' ', 1, true) then
    return false
  end
  if tonumber(contact.rank) < BAND and tonumber(contact.since) + LIMIT.round_ms <= now then
    return false
  end
  return Contact.has_others(contact, Lanes.served(profile))
end

function Contact.first_lane(contact)
  return string.match(contact.lanes, '%S+')
end

-- Let a contact stand, or no longer stand, for the listener it prefers.
function Contact.stand_for(id, contact, is_standing)
  local listener, key = contact.pref, Listener.preferred_key(contact.pref, contact.channel)
  local changed
  if is_standing then
    changed = redis.call('ZADD', key, contact.rank, id)
  else
    changed = redis.call('ZREM', key, id)
  end
  if changed == 1 then
    redis.call('HINCRBY', Listener.key(listener), 'wanted', is_standing and 1 or -1)
  end
  local free = redis.call('HMGET', Listener.key(listener), 'standing', 'takes')
  Listener.beckon(listener, free[1] or '', free[2] or '')
end

function Contact.unstand(id, contact)
  if contact.offer ~= '' then
    return -- on a desk: it stands nowhere
  end
  if contact.pref ~= '' or contact.offerable ~= '1' then
    redis.call('ZREM', POOL .. 'aside:' .. Contact.first_lane(contact), id)
  end
  if contact.pref ~= '' then
    Contact.stand_for(id, contact, false)
  elseif contact.offerable == '1' then
    for lane in string.gmatch(contact.lanes, '%S+') do
      Lanes.vacate(lane, id)
    end
  end
end

-- Drop a preference that is over, refused, or for somebody who is not there to be waited for.
function Contact.weigh_preference(id, contact)
  local listener = redis.call('HMGET', Listener.key(contact.pref), 'state', 'lease')
  if tonumber(contact.pref_until) <= now or listener[1] ~= 'ready'
    or tonumber(listener[2] or '0') <= now or Contact.has_refused(contact, contact.pref) then
    Contact.unstand(id, contact)
    contact.pref = ''
    redis.call('HSET', Contact.key(id), 'pref', '')
  end
end

-- Keep its place while it stands outside its lanes.
function Contact.stand_aside(id, contact)
  if contact.offer == '' then
    redis.call('ZADD', POOL .. 'aside:' .. Contact.first_lane(contact), contact.rank, id)
  end
end

-- Put a contact where matches look: with the listener it prefers, or in its lanes.
function Contact.stand(id, contact)
  if contact.pref ~= '' then
    Contact.weigh_preference(id, contact)
  end
  if contact.offer ~= '' then
    return
  end
  if contact.pref ~= '' or contact.offerable ~= '1' then
    Contact.stand_aside(id, contact)
  end
  if contact.offerable ~= '1' then
    return
  end
  if contact.pref ~= '' then
    Contact.stand_for(id, contact, true)
    return
  end
  for lane in string.gmatch(contact.lanes, '%S+') do
    Lanes.fill(lane, id, contact.rank)
  end
end

-- How many keep a place before a contact in its first lane.
function Contact.places_before(contact)
  local lane, limit = Contact.first_lane(contact), '(' .. contact.rank
  return redis.call('ZCOUNT', POOL .. 'wait:' .. lane, '-inf', limit)
    + redis.call('ZCOUNT', POOL .. 'aside:' .. lane, '-inf', limit)
end

-- Add the lanes of every widening up to an instant. It stands in them from the next `stand` on.
function Contact.widen(contact, until_ms)
  while contact.widen ~= '' do
    local at, lanes, rest = string.match(contact.widen, '^(%d+) ([^;]*);?(.*)$')
    if tonumber(at) > until_ms then
      return
    end
    for lane in string.gmatch(lanes, '%S+') do
      if not string.find(' ' .. contact.lanes .. ' ', ' ' .. lane .. ' ', 1, true) then
        contact.lanes = contact.lanes .. ' ' .. lane
      end
    end
    contact.widen, contact.reached = rest, at
  end
end

function Contact.next_widening(contact)
  return tonumber(string.match(contact.widen, '^%d+') or '')
end

-- Plan when to look at it again: a refusal now, a preference, a widening or a round in its time.
function Contact.plan_step(id, contact)
  local due = contact.judge ~= '' and now or Contact.next_widening(contact)
  for _, name in ipairs({ 'pref_until', 'clear_at' }) do
    local at = (name ~= 'pref_until' or contact.pref ~= '') and tonumber(contact[name])
    if at and (not due or at < due) then
      due = at
    end
  end
  if due then
    redis.call('ZADD', POOL .. 'steps', digits(due), id)
  else
    redis.call('ZREM', POOL .. 'steps', id)
  end
end

-- A contact or its tombstone; nil for none, and for one in words of another release, which goes.
function Contact.read_known(id)
  local contact = read_hash(Contact.key(id))
  if contact and not (contact.version and (contact.gone or (contact.turn and contact.lanes
    and contact.channel and contact.rank and contact.since))) then
    redis.call('DEL', Contact.key(id))
    return nil
  end
  return contact and setmetatable(contact, ABSENT)
end

-- Write a whole contact; nothing else of it may be there.
function Contact.write(id, contact)
  local flat = {}
  for name, value in pairs(contact) do
    if value ~= ABSENT.__index[name] then
      flat[#flat + 1] = name
      flat[#flat + 1] = value
    end
  end
  redis.call('HSET', Contact.key(id), unpack(flat))
end

-- A living contact; nil for none and for a tombstone.
function Contact.read(id)
  local contact = Contact.read_known(id)
  if contact and not contact.gone then
    return contact
  end
  return nil
end

-- Replace a contact by a tombstone, so that a late write of an older version revives nobody.
function Contact.bury(id, contact, version)
  if contact then
    Contact.unstand(id, contact)
    redis.call('ZREM', POOL .. 'waiting:' .. Contact.first_lane(contact), id)
    if contact.widen ~= '' or contact.clear_at ~= '' or contact.pref_until ~= '0' then
      redis.call('ZREM', POOL .. 'steps', id)
    end
    redis.call('DEL', Contact.key(id))
  end
  redis.call('HSET', Contact.key(id), 'version', version, 'gone', '1')
  redis.call('PEXPIRE', Contact.key(id), LIMIT.tombstone_ms)
end

-- Note from when a listener who missed it may be asked again within the round; nil: not within it.
function Contact.note_again(contact, listener, at)
  local from, to = string.find(contact.again, ' ' .. listener .. '=', 1, true)
  if from then
    local rest = string.match(contact.again, '^%d+(.*)$', to + 1)
    contact.again = string.sub(contact.again, 1, from - 1) .. rest
  end
  if at then
    local others = contact.again == '' and ' ' or contact.again
    contact.again = others .. listener .. '=' .. digits(at) .. ' '
  end
end

-- Note that a listener did not take it: in this round she is not offered it again, or, when it is
-- in band 0 and she only missed it, not before `again_at`.
function Contact.refuse(id, contact, listener, offered_at, again_at)
  if contact.clear_at == '' then
    contact.clear_at = digits(offered_at + LIMIT.round_ms)
  end
  if not Contact.has_refused(contact, listener) then
    local _, names = string.gsub(contact.skip, '%S+', '')
    if names < LIMIT.skip_max then
      contact.skip = (contact.skip == '' and ' ' or contact.skip) .. listener .. ' '
    else
      contact.clear_at = digits(now) -- the set is full: the round is over
    end
  end
  if Contact.has_refused(contact, listener) then
    Contact.note_again(contact, listener, again_at)
  end
  contact.judge = '1'
  redis.call('HSET', Contact.key(id), 'skip', contact.skip, 'again', contact.again, 'clear_at',
    contact.clear_at, 'judge', '1')
end

-- Give a contact back from an offer, at its old rank; `refused_by` nil when nobody refused it,
-- `again_at` when she only missed it.
function Contact.free(id, offer_id, refused_by, offered_at, again_at)
  local contact = Contact.read(id)
  if not contact or contact.offer ~= offer_id then
    return nil
  end
  contact.offer = ''
  redis.call('HSET', Contact.key(id), 'offer', '')
  if refused_by then
    Contact.refuse(id, contact, refused_by, offered_at, again_at)
  end
  Contact.stand(id, contact)
  Contact.plan_step(id, contact)
  return contact
end

-- Whoever stops being ready is not waited for: up to 64 at once, timers free the rest.
function Contact.free_preferences(listener)
  for _, channel in ipairs({ 'call', 'chat' }) do
    for _, id in ipairs(redis.call('ZRANGE', Listener.preferred_key(listener, channel), 0, 63)) do
      local contact = Contact.read(id)
      if contact then
        Contact.stand(id, contact)
        Contact.plan_step(id, contact)
      end
    end
  end
end
