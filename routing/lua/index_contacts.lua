-- uses: clock lanes listener contact
-- Read a page of the contacts that wait, those on a desk included, lane by lane.
--
-- Guarantees: changes nothing. What leaves a lane while it is read may make the page after skip
-- some: the next pass meets them. Cost: O(page).
-- KEYS: {pool}:meta. ARGV: 2 start in the first lane given, 3 page size, then the lanes still to be
-- read.
-- Returns {lanes read to their end, start in the next one, {contact, version, turn, lane, offer,
-- …}}; version 0 for an entry without its contact.
local start, page = tonumber(ARGV[2]), tonumber(ARGV[3])
local entries, passed = {}, 0
for i = 4, #ARGV do
  local room = page - #entries / 5
  local ids = redis.call('ZRANGE', POOL .. 'waiting:' .. ARGV[i], start, start + room - 1)
  for _, id in ipairs(ids) do
    local known = redis.call('HMGET', Contact.key(id), 'version', 'turn', 'offer', 'gone')
    local is_there = known[1] and not known[4]
    entries[#entries + 1] = id
    entries[#entries + 1] = is_there and known[1] or '0'
    entries[#entries + 1] = is_there and known[2] or '0'
    entries[#entries + 1] = ARGV[i]
    entries[#entries + 1] = known[3] or ''
  end
  if #ids == room then
    return { passed, start + room, entries }
  end
  passed, start = passed + 1, 0
end
return { passed, 0, entries }
