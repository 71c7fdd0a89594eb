-- uses: clock lanes listener
-- Read a page of the listeners who have a lease.
--
-- Guarantees: changes nothing. Cost: O(page · open engagements).
-- KEYS: {pool}:meta. ARGV: 2 start, 3 page size.
-- Returns {number read, {{listener, session, version, state, profile, offer, contact, "channel
-- engagement at", …}, …}}; version 0 for a lease without its listener.
local start, page = tonumber(ARGV[2]), tonumber(ARGV[3])
local ids = redis.call('ZRANGE', POOL .. 'leases', start, start + page - 1)
local found = {}
for i, id in ipairs(ids) do
  local listener = Listener.read(id) or {}
  local entry = { id, listener.session or '', listener.version or '0', listener.state or '',
    listener.profile or '', listener.offer or '' }
  for _, word in ipairs(redis.call('HGETALL', Listener.load_key(id))) do
    entry[#entry + 1] = word
  end
  found[i] = entry
end
return { #ids, found }
