-- Follow-ups: tasks of a queue about a contact. The contact is locked before its task.

-- list: all_columns
follow_up_id, line_id, contact_id, kind, queue, state, due_at, note_code, created_at, created_by,
claimed_by, claimed_at, done_at, done_by, outcome_code, version

-- name: create
-- One of each kind for a contact: no row when there is one already.
INSERT INTO follow_up (follow_up_id, line_id, contact_id, kind, queue, state, due_at, note_code,
                       created_at, created_by, version)
VALUES ($1, $2, $3, $4, $5, 'open', $6, $7, $8, $9, 1)
ON CONFLICT (contact_id, kind) DO NOTHING
RETURNING @all_columns@

-- name: owe
-- Promise a task, whose from the start when $10 says so. One of each kind for a contact: an
-- earlier one gets the day agreed now and stays whose it is; a settled one is open again.
INSERT INTO follow_up (follow_up_id, line_id, contact_id, kind, queue, state, due_at, note_code,
                       created_at, created_by, claimed_by, claimed_at, version)
VALUES ($1, $2, $3, $4, $5, CASE WHEN $10::uuid IS NULL THEN 'open' ELSE 'claimed' END, $6, $7,
        $8, $9, $10, CASE WHEN $10::uuid IS NULL THEN NULL ELSE $8::timestamptz END, 1)
ON CONFLICT (contact_id, kind) DO UPDATE
   SET queue = excluded.queue,
       due_at = excluded.due_at,
       note_code = excluded.note_code,
       state = CASE follow_up.state WHEN 'claimed' THEN 'claimed' ELSE excluded.state END,
       claimed_by = CASE follow_up.state
                    WHEN 'claimed' THEN follow_up.claimed_by ELSE excluded.claimed_by END,
       claimed_at = CASE follow_up.state
                    WHEN 'claimed' THEN follow_up.claimed_at ELSE excluded.claimed_at END,
       done_at = NULL, done_by = NULL, outcome_code = NULL,
       version = follow_up.version + 1
RETURNING @all_columns@

-- name: of_contact_and_kind
SELECT @all_columns@ FROM follow_up WHERE contact_id = $1 AND kind = $2

-- name: lock
SELECT @all_columns@ FROM follow_up WHERE follow_up_id = $1 FOR NO KEY UPDATE

-- name: list_open
-- Open and claimed ones of these lines, the first due first. $2 queues or null, $3 limit,
-- $4 kinds that only whoever asked for them is shown, $5 who reads.
SELECT @all_columns@ FROM follow_up
 WHERE line_id = ANY ($1::text[]) AND state IN ('open', 'claimed')
   AND ($2::text[] IS NULL OR queue = ANY ($2::text[]))
   AND (kind <> ALL ($4::text[]) OR created_by = $5)
 ORDER BY due_at NULLS LAST, follow_up_id
 LIMIT $3

-- name: claim
UPDATE follow_up
   SET state = 'claimed', claimed_by = $2, claimed_at = $3, version = version + 1
 WHERE follow_up_id = $1 AND state = 'open'
RETURNING @all_columns@

-- name: release
UPDATE follow_up
   SET state = 'open', claimed_by = NULL, claimed_at = NULL, version = version + 1
 WHERE follow_up_id = $1 AND state = 'claimed'
RETURNING @all_columns@

-- name: finish
-- $2 = done or dropped, $3 what came of it.
UPDATE follow_up
   SET state = $2, outcome_code = $3, done_by = $4, done_at = $5, version = version + 1
 WHERE follow_up_id = $1 AND state IN ('open', 'claimed')
RETURNING @all_columns@
