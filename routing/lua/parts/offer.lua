-- An offer: the one thing that holds a contact and a listener together. Needs: contact, listener.
--
-- offer:<id> HASH: contact listener session turn lane channel at expires state seen. Kept for an
-- hour after its end, so that a replay is answered as the first time.
-- offers ZSET by the next moment at which a living offer is to be looked at.
local function offer_key(id)
  return POOL .. 'offer:' .. id
end

local function read_offer(id)
  return read_hash(offer_key(id))
end

local function is_living(offer)
  return offer.state == 'offered' or offer.state == 'accepting'
end

local function offer_reply(id, offer)
  return { id, offer.contact, offer.listener, offer.session, offer.turn, offer.lane, offer.channel,
    offer.at, offer.expires, offer.state, offer.seen }
end

local function end_offer(id, offer, state, reason)
  offer.state = state
  redis.call('HSET', offer_key(id), 'state', state)
  redis.call('PEXPIRE', offer_key(id), LIMIT.tombstone_ms)
  redis.call('ZREM', POOL .. 'offers', id)
  announce('offer_closed', offer.listener, offer.contact, id, reason or state)
end

-- Take an offer back from a desk that has not accepted it; an accept in flight is PostgreSQL's to
-- decide, so it keeps its listener reserved and is left alone. Returns the offer when taken back.
local function withdraw(id, reason)
  local offer = id ~= '' and read_offer(id)
  if not offer or offer.state ~= 'offered' then
    return nil
  end
  end_offer(id, offer, 'withdrawn', reason)
  free_listener(offer.listener, id, false)
  free_contact(offer.contact, id, nil, nil)
  return offer
end
