-- uses: clock listener contact
-- Judge whether a contact's round is exhausted: every listener present who serves it refused it.
--
-- Guarantees: an exhausted round is answered with DONE once. The refusals are forgotten after
-- rest_ms, not at once, so that a lone listener is not rung without a breath; whoever signs in
-- meanwhile is offered it at once. Bounded by skip_max · profiles.
-- KEYS: {pool}:meta. ARGV: 3 contact, then the profiles that serve its lanes.
-- Returns DONE (exhausted), ALREADY (answered before, or nothing refused), UNKNOWN, STALE (not yet).
local id = ARGV[3]
local contact = read_contact(id)
if not contact then
  return UNKNOWN
end
if contact.skip == '' or contact.told ~= '' then
  return ALREADY
end
local present, refused, names = 0, 0, 0
for i = 4, #ARGV do
  present = present + redis.call('SCARD', POOL .. 'present:' .. ARGV[i])
end
for name in string.gmatch(contact.skip, '%S+') do
  names = names + 1
  for i = 4, #ARGV do
    refused = refused + redis.call('SISMEMBER', POOL .. 'present:' .. ARGV[i], name)
  end
end
if refused < present and names < LIMIT.skip_max then
  return STALE
end
contact.told = '1'
contact.clear_at = digits(math.min(tonumber(contact.clear_at), now + LIMIT.rest_ms))
redis.call('HSET', contact_key(id), 'told', '1', 'clear_at', contact.clear_at)
plan_step(id, contact)
announce('round_exhausted', '', id, '', 'refused')
return DONE
