-- Engagements. Acts on one lock its contact first; a step alone moves under the row's own lock.

-- list: all_columns
engagement_id, contact_id, line_id, listener_id, session_id, channel, state, level, role, turn,
step, step_due_at, step_attempts, conference_name, conference_sid, leg_call_sid,
accepted_at, talking_at, wrap_up_at, wrap_up_until, done_at,
queue, waited_ms, wrap_up_extensions, lost_at, leg_queue_ms

-- name: lock_listener
-- The fence of a listener's capacity: held from the count to the commit.
SELECT staff_id, chats_beside_call FROM listener WHERE staff_id = $1 FOR NO KEY UPDATE

-- name: load
-- What counts against a listener's capacity at $2: a write-up does until its time is over.
SELECT count(*) FILTER (WHERE channel = 'call') AS calls,
       count(*) FILTER (WHERE channel = 'chat') AS chats
  FROM engagement
 WHERE listener_id = $1 AND state IN ('connecting', 'talking', 'wrap_up')
   AND (state <> 'wrap_up' OR wrap_up_until > $2)

-- name: create
-- Its id is the offer's: the same offer accepted twice meets the primary key.
WITH made AS (
    INSERT INTO engagement (engagement_id, contact_id, line_id, listener_id, session_id, channel,
                            state, level, role, turn, step, step_due_at, step_attempts,
                            conference_name, accepted_at, talking_at, queue, waited_ms)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'primary', $9, $10, $11, 0, $12, $13, $14, $17, $18)
    RETURNING @all_columns@
), told AS (
    INSERT INTO contact_event (event_id, line_id, contact_id, kind, at, actor_kind, staff_id,
                               offer_id, engagement_id, turn, detail)
    SELECT event_id, line_id, contact_id, kind, accepted_at, 'staff', listener_id,
           CASE kind WHEN 'accepted' THEN engagement_id END, engagement_id, turn, '{}'
      FROM made, (VALUES ($15::uuid, 'accepted'), ($16::uuid, 'connected'))
                 AS event (event_id, kind)
     WHERE event_id IS NOT NULL
)
SELECT @all_columns@ FROM made

-- name: get
SELECT @all_columns@ FROM engagement WHERE engagement_id = $1

-- name: of_ids
-- Several at once. $1 engagement ids.
SELECT @all_columns@ FROM engagement WHERE engagement_id = ANY ($1::uuid[])

-- name: extend_wrap_up
-- $2 who writes it up, $3 more time, $4 how often at most, $5 now: only while its time runs.
UPDATE engagement
   SET wrap_up_until = wrap_up_until + $3::interval, wrap_up_extensions = wrap_up_extensions + 1
 WHERE engagement_id = $1 AND listener_id = $2 AND state = 'wrap_up'
   AND wrap_up_until > $5 AND wrap_up_extensions < $4
RETURNING @all_columns@

-- name: by_leg
SELECT @all_columns@ FROM engagement WHERE leg_call_sid = $1 ORDER BY accepted_at DESC LIMIT 1

-- name: by_conference
SELECT @all_columns@ FROM engagement WHERE conference_name = $1

-- name: of_contact
-- Every engagement of a contact, oldest first.
SELECT @all_columns@ FROM engagement WHERE contact_id = $1 ORDER BY accepted_at LIMIT $2

-- name: last_of_contact
-- The engagement that began last, over or not.
SELECT @all_columns@ FROM engagement
 WHERE contact_id = $1 AND role = 'primary' ORDER BY accepted_at DESC LIMIT 1

-- name: live_of_contact
-- The one listener who is with the contact, if any.
SELECT @all_columns@ FROM engagement
 WHERE contact_id = $1 AND role = 'primary' AND state IN ('connecting', 'talking')

-- name: open_of_contact
-- The listener who is with the contact, or whose write-up is open.
SELECT @all_columns@ FROM engagement
 WHERE contact_id = $1 AND role = 'primary' AND state IN ('connecting', 'talking', 'wrap_up')
 ORDER BY accepted_at DESC LIMIT 1

-- name: open_of_listener
SELECT @all_columns@ FROM engagement
 WHERE listener_id = $1 AND state IN ('connecting', 'talking', 'wrap_up')
 ORDER BY accepted_at LIMIT $2

-- name: loads
-- What each listener carries at $1, as routing counts it.
SELECT listener_id, contact_id, engagement_id, channel, state, wrap_up_until FROM engagement
 WHERE state IN ('connecting', 'talking', 'wrap_up')
   AND (state <> 'wrap_up' OR wrap_up_until > $1)
 ORDER BY listener_id, accepted_at

-- name: claim_due_steps
-- Due steps, each handed to one driver: pushed to $2, so that another drives it again
-- if this one dies. Two claims at once never return the same row.
UPDATE engagement SET step_due_at = $2, step_attempts = step_attempts + 1
 WHERE engagement_id IN (
    SELECT engagement_id FROM engagement
     WHERE step_due_at <= $1
     ORDER BY step_due_at LIMIT $3
       FOR UPDATE SKIP LOCKED)
RETURNING @all_columns@

-- name: renew_claim
-- For whoever still drives the step: the instant it was claimed until is the fence.
UPDATE engagement SET step_due_at = $4
 WHERE engagement_id = $1 AND step = $2 AND step_due_at = $3
RETURNING engagement_id

-- name: advance
-- From one step to the next, once: no row if the engagement has moved on meanwhile.
UPDATE engagement
   SET step = $3::text, step_due_at = $4,
       step_attempts = CASE WHEN step = $3::text THEN step_attempts ELSE 0 END,
       leg_call_sid = coalesce($5, leg_call_sid),
       conference_sid = coalesce($6, conference_sid),
       leg_queue_ms = coalesce($7, leg_queue_ms)
 WHERE engagement_id = $1 AND step = $2
RETURNING @all_columns@

-- name: note_leg
-- What telephony calls the leg and the conference, whatever the step.
UPDATE engagement
   SET leg_call_sid = coalesce($2, leg_call_sid), conference_sid = coalesce($3, conference_sid)
 WHERE engagement_id = $1
RETURNING @all_columns@

-- name: talk
UPDATE engagement
   SET state = 'talking', talking_at = $2, step = 'none', step_due_at = NULL, step_attempts = 0
 WHERE engagement_id = $1 AND state = 'connecting'
RETURNING @all_columns@

-- name: leave
-- Over without a write-up ($2 = not_connected or handed_over); a call's leg is still to be ended.
-- $4 = her desk lost the person: not her act.
UPDATE engagement
   SET state = $2, done_at = $3, lost_at = CASE WHEN $4 THEN $3::timestamptz END,
       step = CASE channel WHEN 'call' THEN 'hang_up' ELSE 'none' END,
       step_due_at = CASE channel WHEN 'call' THEN $3::timestamptz END, step_attempts = 0
 WHERE engagement_id = $1 AND state IN ('connecting', 'talking')
RETURNING @all_columns@

-- name: write_up
-- The person is gone: the write-up's time runs; a call's leg is still to be ended.
UPDATE engagement
   SET state = 'wrap_up', wrap_up_at = $2, wrap_up_until = $3,
       step = CASE channel WHEN 'call' THEN 'hang_up' ELSE 'none' END,
       step_due_at = CASE channel WHEN 'call' THEN $2::timestamptz END, step_attempts = 0
 WHERE engagement_id = $1 AND state = 'talking'
RETURNING @all_columns@

-- name: done
-- The write-up is finished, or somebody else closed the contact over it.
UPDATE engagement SET state = 'done', done_at = $2
 WHERE engagement_id = $1 AND state = 'wrap_up'
RETURNING @all_columns@

-- name: orphaned_chats
-- Chats whose listener is lost: she signed out, or her lease ran out before $1; or she is
-- offline by her own word and none of her sessions gave a sign of life since $2. $3 limit.
SELECT @all_columns@ FROM engagement
 WHERE state = 'talking' AND channel = 'chat'
   AND listener_id IN (
        SELECT staff_id FROM listener
         WHERE state = 'offline'
           AND (reason = 'signed_out' OR reason = 'lease_lost' AND since < $1 OR NOT EXISTS (
                SELECT FROM staff_session
                 WHERE staff_session.staff_id = listener.staff_id
                   AND revoked_at IS NULL AND last_seen_at > $2)))
 ORDER BY accepted_at LIMIT $3

-- name: losses
-- What a listener's desk lost since $2 and she has not been told, newest first. $1 staff id,
-- $3 limit.
SELECT engagement_id, engagement.contact_id, engagement.line_id, engagement.channel,
       engagement.queue, engagement.talking_at, engagement.lost_at, contact.state AS contact_state,
       contact.lost_at IS NOT NULL AND contact.state = 'closed' AS gave_up
  FROM engagement JOIN contact USING (contact_id)
 WHERE listener_id = $1 AND engagement.lost_at >= $2 AND loss_seen_at IS NULL
 ORDER BY engagement.lost_at DESC LIMIT $3

-- name: losses_seen
-- She was told of everything up to $2. $1 staff id, $3 now.
UPDATE engagement SET loss_seen_at = $3
 WHERE listener_id = $1 AND lost_at <= $2 AND loss_seen_at IS NULL
