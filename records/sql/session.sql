-- Signed-in sessions and the tickets to the live socket; only hashes of tokens are kept.

-- name: create
-- Open a session of an active account (else: no row); closing the account waits, then ends it too.
-- $1 session id, $2 staff id, $3 token hash, $4 now, $5 expiry.
INSERT INTO staff_session
    (session_id, staff_id, token_hash, created_at, expires_at, last_seen_at, revoked_at)
SELECT $1, staff_id, $3, $4, $5, $4, NULL
FROM staff
WHERE staff_id = $2 AND active
FOR SHARE
RETURNING session_id

-- name: find
-- Return who a token stands for: neither revoked, nor expired, nor idle since $3, nor of a
-- closed account. $1 token hash, $2 now, $3 seen since.
SELECT
    staff_session.session_id, staff_session.staff_id, staff_session.created_at,
    staff_session.expires_at, staff_session.last_seen_at,
    staff.display_name, staff.role, staff.profile_id, staff.max_chats,
    ARRAY(SELECT line_id FROM staff_line WHERE staff_line.staff_id = staff.staff_id ORDER BY line_id)
        AS line_ids,
    ARRAY(SELECT skill FROM staff_skill WHERE staff_skill.staff_id = staff.staff_id ORDER BY skill)
        AS skills
FROM staff_session
JOIN staff USING (staff_id)
WHERE staff_session.token_hash = $1
  AND staff_session.revoked_at IS NULL
  AND staff_session.expires_at > $2
  AND staff_session.last_seen_at > $3
  AND staff.active

-- name: get
-- Return who a session stands for, under the same conditions as `find`.
-- $1 session id, $2 now, $3 seen since.
SELECT
    staff_session.session_id, staff_session.staff_id, staff_session.created_at,
    staff_session.expires_at, staff_session.last_seen_at,
    staff.display_name, staff.role, staff.profile_id, staff.max_chats,
    ARRAY(SELECT line_id FROM staff_line WHERE staff_line.staff_id = staff.staff_id ORDER BY line_id)
        AS line_ids,
    ARRAY(SELECT skill FROM staff_skill WHERE staff_skill.staff_id = staff.staff_id ORDER BY skill)
        AS skills
FROM staff_session
JOIN staff USING (staff_id)
WHERE staff_session.session_id = $1
  AND staff_session.revoked_at IS NULL
  AND staff_session.expires_at > $2
  AND staff_session.last_seen_at > $3
  AND staff.active

-- name: touch
-- Note a sign of life, at most once between $3 and now: a busy desk costs no writes.
-- $1 session id, $2 now, $3 only if last seen before.
UPDATE staff_session SET last_seen_at = $2
WHERE session_id = $1 AND revoked_at IS NULL AND last_seen_at < $3

-- name: revoke
-- End a session for ever; no row when it already was. $1 session id, $2 now.
UPDATE staff_session SET revoked_at = $2
WHERE session_id = $1 AND revoked_at IS NULL
RETURNING staff_id

-- name: revoke_all
-- End every session of an account. $1 staff id, $2 now.
UPDATE staff_session SET revoked_at = $2
WHERE staff_id = $1 AND revoked_at IS NULL

-- name: issue_ticket
-- Keep a ticket of a session. $1 ticket hash, $2 session id, $3 expiry.
INSERT INTO live_ticket (ticket_hash, session_id, expires_at, used_at)
VALUES ($1, $2, $3, NULL)

-- name: forget_tickets
-- Drop tickets that expired before $1, a bounded number at a time.
DELETE FROM live_ticket
WHERE ticket_hash IN (
    SELECT ticket_hash FROM live_ticket WHERE expires_at < $1 LIMIT 100 FOR UPDATE SKIP LOCKED
)

-- name: use_ticket
-- Use a ticket: one row for the first who brings it in time, none ever after.
-- $1 ticket hash, $2 now.
UPDATE live_ticket SET used_at = $2
WHERE ticket_hash = $1 AND used_at IS NULL AND expires_at > $2
RETURNING session_id
