-- What supervisors set on queues at once. The line's row is locked first.

-- list: all_columns
override_id, line_id, queue, channel, kind, texts, until, set_by, set_at

-- name: lock
SELECT line_id FROM line WHERE line_id = $1 FOR NO KEY UPDATE

-- name: standing
-- The one of that line, queue, channel (null = all of them) and kind, over or not.
SELECT @all_columns@ FROM queue_override
 WHERE line_id = $1 AND queue = $2 AND channel IS NOT DISTINCT FROM $3 AND kind = $4
   AND lifted_at IS NULL

-- name: set
INSERT INTO queue_override (override_id, line_id, queue, channel, kind, texts, until, set_by, set_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
RETURNING @all_columns@

-- name: lift
UPDATE queue_override SET lifted_at = $2, lifted_by = $3
 WHERE override_id = $1 AND lifted_at IS NULL

-- name: current
-- In force on a line at $2, the latest first.
SELECT @all_columns@ FROM queue_override
 WHERE line_id = $1 AND lifted_at IS NULL AND (until IS NULL OR until > $2)
 ORDER BY set_at DESC
