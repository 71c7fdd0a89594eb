-- An offer: the one thing that holds a contact and a listener together. Needs: contact, listener.
--
-- offer:<id> HASH: given ("contact listener session turn lane channel at expires"), state, seen.
-- Kept for an hour after its end, so that a replay is answered as the first time.
-- offers ZSET by the next moment at which a living offer is to be looked at.
local Offer = {}

function Offer.key(id)
  return POOL .. 'offer:' .. id
end

function Offer.read(id)
  local known = redis.call('HMGET', Offer.key(id), 'given', 'state', 'seen')
  if not known[1] then
    return nil
  end
  local contact, listener, session, turn, lane, channel, at, expires = string.match(known[1],
    '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)')
  if not contact then
    return nil -- another release's words
  end
  return { contact = contact, listener = listener, session = session, turn = turn, lane = lane,
    channel = channel, at = at, expires = expires, state = known[2], seen = known[3] }
end

function Offer.is_living(offer)
  return offer.state == 'offered' or offer.state == 'accepting'
end

function Offer.reply(id, offer)
  return { id, offer.contact, offer.listener, offer.session, offer.turn, offer.lane, offer.channel,
    offer.at, offer.expires, offer.state, offer.seen }
end

function Offer.close(id, offer, state, reason)
  offer.state = state
  redis.call('HSET', Offer.key(id), 'state', state)
  redis.call('PEXPIRE', Offer.key(id), LIMIT.tombstone_ms)
  redis.call('ZREM', POOL .. 'offers', id)
  announce('offer_closed', offer.listener, offer.contact, id, reason or state)
end

-- Take an offer back from a desk that has not accepted it; an accept in flight is PostgreSQL's to
-- decide, so it keeps its listener reserved and is left alone. Returns the offer when taken back.
function Offer.withdraw(id, reason)
  local offer = id ~= '' and Offer.read(id)
  if not offer or offer.state ~= 'offered' then
    return nil
  end
  Offer.close(id, offer, 'withdrawn', reason)
  Listener.free(offer.listener, id, false)
  Contact.free(offer.contact, id, nil, nil)
  return offer
end
