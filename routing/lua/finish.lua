-- uses: clock lanes listener
-- rarely: Listener.beckon
-- Take an ended engagement off its listener's load.
--
-- Guarantees: her capacity is back and her idle clock starts again; a late call for an earlier
-- engagement does not touch a later one; a confirm that arrives after it does not load her again.
-- A write-up's time that was told too late is no longer kept, though nothing was open.
-- KEYS: {pool}:meta. ARGV: 2 listener, 3 contact, 4 engagement ('-' = whichever is open).
-- Returns DONE, ALREADY (nothing was open), STALE (another engagement is), UNKNOWN.
local id, contact, engagement = ARGV[2], ARGV[3], ARGV[4]
local listener = Listener.read(id)
if not listener then
  return UNKNOWN
end
local load = redis.call('HGET', Listener.load_key(id), contact)
if load then
  local open = string.match(load, '^%S+ (%S+)')
  if engagement ~= '-' and open ~= '-' and open ~= engagement then
    return STALE
  end
end
Listener.mark_finished(id, contact, engagement)
redis.call('ZREM', POOL .. 'wrapups', id .. ' ' .. contact)
if not load then
  return ALREADY
end
redis.call('HDEL', Listener.load_key(id), contact)
listener.idle = digits(now)
Listener.settle(id, listener)
return DONE
