-- uses: clock listener contact offer
-- Drop one page of what a rebuild did not confirm: entries of an older epoch.
--
-- Guarantees: what carries the epoch, newcomers included, is untouched. A dropped contact leaves a
-- tombstone at its version, so a newer version still brings it back; a dropped listener loses her
-- lease, and her next heartbeat makes the caller enter her again. Bounded by the page.
-- KEYS: {pool}:meta. ARGV: 3 epoch, 4 `leases` or `waiting:<lane>`, 5 start, 6 page size.
-- Returns {next start, or -1 at the end, number dropped}.
local wanted, kind, start, page = ARGV[3], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local ids = redis.call('ZRANGE', POOL .. kind, start, start + page - 1)
local dropped = 0

local function drop_listener(id)
  redis.call('ZREM', POOL .. 'leases', id)
  local listener = read_hash(listener_key(id))
  if listener then
    withdraw(listener.offer, 'rebuilt')
    redis.call('SREM', POOL .. 'present:' .. listener.profile, id)
    settle(id, read_hash(listener_key(id)))
    free_preferences(id)
  end
end

local function drop_contact(id)
  local contact = read_contact(id)
  if contact then
    withdraw(contact.offer, 'rebuilt')
    contact = read_contact(id)
    bury(id, contact, contact.version)
  else
    redis.call('ZREM', POOL .. kind, id)
  end
end

for _, id in ipairs(ids) do
  local is_listener = kind == 'leases'
  local stamped = redis.call('HGET', is_listener and listener_key(id) or contact_key(id), 'epoch')
  if stamped ~= wanted then
    dropped = dropped + 1
    if is_listener then
      drop_listener(id)
    else
      drop_contact(id)
    end
  end
end
if #ids < page then
  return { -1, dropped }
end
return { start + #ids - dropped, dropped }
