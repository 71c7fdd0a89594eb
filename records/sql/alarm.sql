-- What must not be overlooked: read once a second by each desk process, from small indexes.

-- name: immediate_danger_waiting
-- Waiting U1 contacts, longest first. $1 line id, $2 limit.
SELECT contact_id, waiting_since AS since
  FROM contact
 WHERE line_id = $1 AND state = 'waiting' AND band = 0
 ORDER BY waiting_since
 LIMIT $2

-- name: offered_in_vain
-- Waiting contacts whose round ended without a taker in this turn. $1 line id, $2 limit.
SELECT contact.contact_id, max(contact_event.at) AS since
  FROM contact JOIN contact_event USING (contact_id)
 WHERE contact.line_id = $1 AND contact.state = 'waiting'
   AND contact_event.kind = 'round_exhausted' AND contact_event.turn = contact.turn
 GROUP BY contact.contact_id
 ORDER BY since
 LIMIT $2
