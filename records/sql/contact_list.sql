-- Contacts, read only. Sealed columns are read by one statement, which is audited.

-- list: coded
contact_id, line_id, channel, state, queue, language, audience, department,
urgency, urgency_source, urgency_confirmed_at, band, head_start_ms, rank, returned, turn, version,
arrived_at, queued_at, waiting_since, answered_at, ended_at, closed_at, changed_at,
disposition, non_content_code, ended_by, end_reason, waited_ms,
account_sid, call_sid, visitor_seen_at, preferred_listener_id, preferred_until, config_version

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
