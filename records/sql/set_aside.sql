-- What loops set aside because it kept failing: shown to whoever supervises, and to nobody else.

-- name: note
-- One more failure of an item, or its first. $1 loop, $2 act, $3 item, $4 contact, $5 listener,
-- $6 error, $7 now. Rows that nobody renewed for a day go with it: their process is no more.
WITH old AS (DELETE FROM set_aside WHERE last_at < $7::timestamptz - interval '1 day')
INSERT INTO set_aside (loop, act, item, contact_id, listener_id, error, failures, since, last_at)
VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7)
ON CONFLICT (loop, act, item) DO UPDATE
   SET error = excluded.error, failures = set_aside.failures + 1, last_at = excluded.last_at

-- name: clear
-- It works again. $1 loop, $2 act, $3 item.
DELETE FROM set_aside WHERE loop = $1 AND act = $2 AND item = $3

-- name: of_line
-- What is set aside now and concerns a line: about a contact of it that is not closed, or about a
-- listener. Each contact and listener once. $1 line id, $2 renewed since, $3 limit.
SELECT aside.contact_id, aside.listener_id, staff.display_name, min(aside.since) AS since
  FROM set_aside AS aside
  LEFT JOIN contact USING (contact_id)
  LEFT JOIN staff ON staff_id = aside.listener_id
 WHERE aside.last_at > $2
   AND (aside.contact_id IS NULL OR contact.line_id = $1 AND contact.state <> 'closed')
   AND (aside.contact_id IS NOT NULL OR aside.listener_id IN (
        SELECT staff_id FROM staff_line WHERE line_id = $1))
 GROUP BY aside.contact_id, aside.listener_id, staff.display_name
 ORDER BY since
 LIMIT $3
