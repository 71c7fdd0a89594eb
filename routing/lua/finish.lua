-- uses: clock listener
-- Take an ended engagement off its listener's load.
--
-- Guarantees: her capacity is back and her idle clock starts again; a late call for an earlier
-- engagement does not touch a later one; a confirm that arrives after it does not load her again.
-- KEYS: {pool}:meta. ARGV: 3 listener, 4 contact, 5 engagement ('-' = whichever is open).
-- Returns DONE, ALREADY (nothing was open), STALE (another engagement is), UNKNOWN.
local id, contact, engagement = ARGV[3], ARGV[4], ARGV[5]
local listener = read_hash(listener_key(id))
if not listener then
  return UNKNOWN
end
local load = listener['load:' .. contact]
if load then
  local open = string.match(load, '^%S+ (%S+)')
  if engagement ~= '-' and open ~= '-' and open ~= engagement then
    return STALE
  end
end
forget_finished(id, listener)
redis.call('HSET', listener_key(id), 'done:' .. contact, engagement .. ' ' .. digits(now))
if not load then
  return ALREADY
end
redis.call('HDEL', listener_key(id), 'load:' .. contact)
redis.call('ZREM', POOL .. 'wrapups', id .. ' ' .. contact)
listener['load:' .. contact] = nil
listener.idle = digits(now)
settle(id, listener)
return DONE
