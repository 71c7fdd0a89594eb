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

-- name: of_contact_and_kind
SELECT @all_columns@ FROM follow_up WHERE contact_id = $1 AND kind = $2

-- name: lock
SELECT @all_columns@ FROM follow_up WHERE follow_up_id = $1 FOR NO KEY UPDATE

-- name: list_open
-- Open and claimed ones of these lines, the first due first. $2 queues or null, $3 limit.
SELECT @all_columns@ FROM follow_up
 WHERE line_id = ANY ($1::text[]) AND state IN ('open', 'claimed')
   AND ($2::text[] IS NULL OR queue = ANY ($2::text[]))
 ORDER BY due_at NULLS LAST, follow_up_id
 LIMIT $3

-- name: claim
UPDATE follow_up
   SET state = 'claimed', claimed_by = $2, claimed_at = $3, version = version + 1
 WHERE follow_up_id = $1 AND state = 'open'
RETURNING @all_columns@

-- name: finish
-- $2 = done or dropped, $3 what came of it.
UPDATE follow_up
   SET state = $2, outcome_code = $3, done_by = $4, done_at = $5, version = version + 1
 WHERE follow_up_id = $1 AND state IN ('open', 'claimed')
RETURNING @all_columns@
