-- Presence of listeners: the row in force, and one event per change.

-- list: all_columns
staff_id, session_id, state, reason, version, since, profile_id, max_chats, missed_offers,
until, hard_contacts, chats_beside_call

-- name: lock
SELECT @all_columns@ FROM listener WHERE staff_id = $1 FOR NO KEY UPDATE

-- name: declare
-- The last session that declares owns the presence; version + 1 tells the index so.
-- $9, $10: kept as they were when null.
INSERT INTO listener (staff_id, session_id, state, version, since, profile_id, max_chats,
                      missed_offers, reason, until, hard_contacts, chats_beside_call)
VALUES ($1, $2, $3, 1, $4, $5, $6, 0, $7, $8, coalesce($9, 0), coalesce($10, 0))
ON CONFLICT (staff_id) DO UPDATE
   SET session_id = excluded.session_id, state = excluded.state, reason = excluded.reason,
       version = listener.version + 1,
       since = CASE WHEN listener.state = excluded.state THEN listener.since
                    ELSE excluded.since END,
       profile_id = excluded.profile_id, max_chats = excluded.max_chats,
       missed_offers = CASE WHEN excluded.state = 'ready' THEN 0 ELSE listener.missed_offers END,
       until = excluded.until,
       hard_contacts = coalesce($9, listener.hard_contacts),
       chats_beside_call = coalesce($10, listener.chats_beside_call)
RETURNING @all_columns@

-- name: begin_pause
-- Say until when a pause is offered, to whoever still rests and was not told yet. $2 until.
UPDATE listener SET until = $2, version = version + 1
 WHERE staff_id = $1 AND state = 'break' AND reason = 'hard_contact' AND until IS NULL
RETURNING @all_columns@

-- name: add_event
INSERT INTO presence_event (event_id, staff_id, session_id, state, reason, version, at)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: get
SELECT @all_columns@ FROM listener WHERE staff_id = $1

-- name: of
-- Of several listeners at once. $1 staff ids.
SELECT @all_columns@ FROM listener WHERE staff_id = ANY ($1::uuid[])

-- name: all_present
SELECT @all_columns@ FROM listener WHERE state <> 'offline' ORDER BY staff_id

-- name: touched_since
-- Whose presence, or work on a contact, changed since $1, or whose write-up's time ran out between
-- $1 and $2: what the index may not have been told of.
SELECT staff_id FROM presence_event WHERE at >= $1
UNION
SELECT engagement.listener_id
  FROM contact
  JOIN engagement USING (contact_id)
 WHERE contact.changed_at >= $1
UNION
SELECT listener_id
  FROM engagement
 WHERE state = 'wrap_up' AND wrap_up_until BETWEEN $1 AND $2
 ORDER BY 1
 LIMIT $3

-- name: missed
-- One more offer missed in a row; not a change of presence, so the version stays.
UPDATE listener SET missed_offers = missed_offers + 1 WHERE staff_id = $1
RETURNING missed_offers
