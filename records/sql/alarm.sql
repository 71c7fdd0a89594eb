-- What must not be overlooked: read once a second by each desk process, from small indexes.

-- name: immediate_danger_waiting
-- Waiting U1 contacts, longest first. $1 line id, $2 limit.
-- A rank below 2^43 is band 0: said so that only they are read from the index of ranks.
SELECT contact_id, waiting_since AS since
  FROM contact
 WHERE line_id = $1 AND state = 'waiting' AND band = 0 AND rank < 8796093022208
 ORDER BY waiting_since
 LIMIT $2

-- name: offered_in_vain
-- Waiting contacts whose round ended without a taker in this turn. $1 line id, $2 limit.
-- Only the first to be served are looked at: who was offered in vain stands there.
SELECT first.contact_id, max(contact_event.at) AS since
  FROM (SELECT contact_id, turn FROM contact
         WHERE line_id = $1 AND state = 'waiting'
         ORDER BY rank LIMIT 500) AS first
  JOIN contact_event USING (contact_id)
 WHERE contact_event.kind = 'round_exhausted' AND contact_event.turn = first.turn
 GROUP BY first.contact_id
 ORDER BY since
 LIMIT $2
