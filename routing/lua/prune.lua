-- uses: clock lanes listener contact offer
-- Drop one page of what a rebuild did not confirm: entries of an older epoch.
--
-- Guarantees: nothing is dropped unless this very rebuild is under way: a page of one that was
-- superseded, told late, would drop what the next one has just entered. What carries the epoch,
-- newcomers included, is untouched. A dropped contact leaves a tombstone below its version: older
-- writes revive nobody, and a reader of PostgreSQL that finds it waiting after all enters it again.
-- A dropped listener loses her lease, and her next heartbeat makes the caller enter her again.
-- Bounded by the page.
-- KEYS: {pool}:meta. ARGV: 2 epoch, 3 `leases` or `waiting:<lane>`, 4 start, 5 page size.
-- Returns {next start, or -1 at the end (or when another rebuild has begun), number dropped}.
local wanted, kind, start, page = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
if redis.call('HGET', META, 'building') ~= wanted then
  return { -1, 0 }
end
local ids = redis.call('ZRANGE', POOL .. kind, start, start + page - 1)
local dropped = 0

local function drop_listener(id)
  local listener = Listener.read(id)
  if not listener then
    redis.call('ZREM', POOL .. 'leases', id)
  else
    Listener.lease(id, 0)
    Offer.withdraw(listener.offer, 'rebuilt')
    Listener.dismiss(id, Listener.read(id))
    Contact.free_preferences(id)
  end
end

local function drop_contact(id)
  local contact = Contact.read(id)
  if contact then
    Offer.withdraw(contact.offer, 'rebuilt')
    contact = Contact.read(id)
    Contact.bury(id, contact, digits(tonumber(contact.version) - 1))
  else
    redis.call('ZREM', POOL .. kind, id)
  end
end

for _, id in ipairs(ids) do
  local is_listener = kind == 'leases'
  local stamped = redis.call('HGET', is_listener and Listener.key(id) or Contact.key(id), 'epoch')
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
