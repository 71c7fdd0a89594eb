-- Contacts, read only. Sealed columns are read by one statement, which is audited.

-- list: coded
contact_id, line_id, channel, state, queue, language, audience, department,
urgency, urgency_source, urgency_confirmed_at, band, head_start_ms, rank, returned, turn, version,
arrived_at, queued_at, waiting_since, answered_at, ended_at, closed_at, changed_at,
CASE WHEN disposition = 'abandoned' AND lost_at IS NOT NULL THEN 'lost_by_desk' ELSE disposition END AS disposition,
non_content_code, ended_by, end_reason, waited_ms,
account_sid, call_sid, visitor_seen_at, preferred_listener_id, preferred_until, config_version,
level, needs, widened_to, escalations, home_queue, given_up_by, lost_at

-- name: get
SELECT @coded@ FROM contact WHERE contact_id = $1

-- name: by_call
SELECT @coded@ FROM contact WHERE account_sid = $1 AND call_sid = $2

-- name: by_token
SELECT @coded@ FROM contact WHERE visitor_token_hash = $1

-- name: changed_since
-- Whatever changed at or after $1, oldest change first.
SELECT @coded@ FROM contact WHERE changed_at >= $1 ORDER BY changed_at, contact_id LIMIT $2

-- name: open_page
-- Every contact not closed, in pages by id.
SELECT @coded@ FROM contact
 WHERE state <> 'closed' AND contact_id > $1 ORDER BY contact_id LIMIT $2

-- name: waiting_page
-- Whoever waits, by id after $2: what the index keeps of them, and no more. $1 line ids, $3 limit.
SELECT contact_id, line_id, channel, queue, language, needs, widened_to, rank, turn, version,
       waiting_since, changed_at, preferred_listener_id, preferred_until, given_up_by
  FROM contact
 WHERE state = 'waiting' AND state <> 'closed' AND line_id = ANY ($1::text[]) AND contact_id > $2
 ORDER BY contact_id LIMIT $3

-- name: away
-- Waiting visitors without a sign of life since $1, longest gone first.
SELECT @coded@ FROM contact
 WHERE state = 'waiting' AND channel = 'chat' AND visitor_seen_at < $1
 ORDER BY visitor_seen_at LIMIT $2

-- name: earlier
-- Contacts of the same line and number that arrived before this one, newest first.
SELECT @coded@ FROM contact
 WHERE number_hmac = (SELECT number_hmac FROM contact WHERE contact_id = $1)
   AND line_id = (SELECT line_id FROM contact WHERE contact_id = $1)
   AND contact_id <> $1
   AND arrived_at <= (SELECT arrived_at FROM contact WHERE contact_id = $1)
 ORDER BY arrived_at DESC LIMIT $2

-- name: number
-- The sealed number; read only in a transaction that audits it.
SELECT line_id, number_sealed FROM contact WHERE contact_id = $1

-- name: unsettled_offers
-- Offers made from $2 until before $3 of which nobody wrote down what became, oldest first.
-- $1 line ids, $4 limit.
SELECT offered.contact_id, offered.offer_id, offered.at
  FROM contact_event AS offered
 WHERE offered.line_id = ANY ($1::text[]) AND offered.at >= $2 AND offered.at < $3
   AND offered.kind = 'offered' AND offered.offer_id IS NOT NULL
   AND NOT EXISTS (
       SELECT FROM contact_event AS outcome
        WHERE outcome.contact_id = offered.contact_id AND outcome.offer_id = offered.offer_id
          AND outcome.kind IN ('accepted', 'offer_declined', 'offer_expired', 'offer_unseen',
                               'offer_withdrawn'))
 ORDER BY offered.at
 LIMIT $4

-- name: timeline
-- Everything that happened to a contact, in order.
SELECT event_id, kind, at, actor_kind, staff_id, offer_id, engagement_id, turn, detail
  FROM contact_event WHERE contact_id = $1 ORDER BY at, event_id LIMIT $2

-- name: facts
SELECT fact, value FROM contact_fact WHERE contact_id = $1 ORDER BY fact, value

-- name: of_ids
-- Several contacts, newest first. $1 contact ids.
SELECT @coded@ FROM contact WHERE contact_id = ANY ($1::uuid[]) ORDER BY contact_id DESC

-- name: open_calls
-- Calls not over that arrived before $1, oldest first. $2 limit.
SELECT @coded@ FROM contact
 WHERE channel = 'call' AND state IN ('arriving', 'waiting', 'active') AND arrived_at < $1
 ORDER BY arrived_at LIMIT $2

-- name: due_escalations
-- Contacts that have waited since $2 or longer without step $1, longest first: in these queues
-- and channels ($4, $5, pairwise), of these urgencies. Who has already been with a listener
-- waits since she left. $6 limit, $7 line ids.
SELECT @coded@ FROM contact
 WHERE state = 'waiting' AND queued_at <= $2
   AND (answered_at IS NULL OR waiting_since <= $2)
   AND escalations & (1::bigint << $1::int) = 0
   AND urgency = ANY ($3::int[])
   AND (queue, channel) IN (SELECT queue, channel
                              FROM unnest($4::text[], $5::text[]) AS place (queue, channel))
   AND line_id = ANY ($7::text[])
 ORDER BY queued_at LIMIT $6
