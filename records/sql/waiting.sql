-- Who waits on the telephone, as far as it decides what they are told.

-- name: calls
-- The longest waiting first, at most $1; read from the index of who waits.
SELECT contact_id, queue, audience, urgency, escalations, home_queue
  FROM contact
 WHERE state = 'waiting' AND channel = 'call'
 ORDER BY queued_at
 LIMIT $1
