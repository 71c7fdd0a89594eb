-- uses: clock lanes listener contact flow
-- Tell what an expected wait is worked out from: a contact's place, and its first lane's recent
-- flow.
--
-- Cost: O(log waiting + minutes of estimate_ms).
-- KEYS: {pool}:meta. ARGV: 2 contact.
-- Returns {} when the contact does not wait; otherwise {places before it, listeners present who
-- have the lane as first choice, answered, milliseconds since the beginning of the first minute
-- with an answer, milliseconds since the end of the last one (0: this minute)}.
local contact = Contact.read(ARGV[2])
if not contact then
  return {}
end
local lane = Contact.first_lane(contact)
local answered, first, last = 0, nil, nil
for minute = Flow.minute_of(now - LIMIT.estimate_ms) + 1, Flow.minute_of(now) do
  local flow = Flow.read(redis.call('HGET', Flow.key(minute), lane))
  if flow[1] > 0 then
    answered = answered + flow[1]
    first, last = first or minute, minute
  end
end
local before = contact.offer ~= '' and 0 or Contact.places_before(contact)
return { before, math.max(0, Lanes.staff(lane)), answered,
  first and digits(now - first * 60000) or '0',
  last and digits(math.max(0, now - (last + 1) * 60000)) or '0' }
