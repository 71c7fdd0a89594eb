-- What whoever supervises looks at. Each statement reads a bounded part of a small index, on
-- demand: never every waiting contact.

-- name: listeners
-- Colleagues of these lines who are present, or have something open. $1 line ids, $2 limit.
SELECT listener.staff_id, staff.display_name, staff.role, listener.state, listener.since,
       listener.reason, listener.until, listener.profile_id, listener.max_chats,
       listener.hard_contacts,
       ARRAY(SELECT skill FROM staff_skill
              WHERE staff_skill.staff_id = listener.staff_id ORDER BY skill) AS skills
  FROM listener JOIN staff USING (staff_id)
 WHERE (listener.state <> 'offline'
        OR EXISTS (SELECT FROM engagement
                    WHERE engagement.listener_id = listener.staff_id
                      AND engagement.state IN ('connecting', 'talking', 'wrap_up')))
   AND EXISTS (SELECT FROM staff_line
                WHERE staff_line.staff_id = listener.staff_id AND line_id = ANY ($1::text[]))
 ORDER BY staff.display_name, listener.staff_id
 LIMIT $2

-- name: in_hand
-- What is served or written up on these lines, oldest first. $1 line ids, $2 limit.
SELECT contact.contact_id, contact.line_id, contact.channel, contact.queue, contact.language,
       contact.audience, contact.level, contact.needs, contact.urgency,
       contact.urgency_source, contact.urgency_confirmed_at, contact.state, contact.arrived_at, contact.queued_at,
       contact.answered_at, contact.ended_at, contact.waited_ms, contact.waiting_since,
       contact.version,
       engagement.listener_id, staff.display_name AS listener_name,
       engagement.state AS engagement_state,
       coalesce(engagement.wrap_up_at, engagement.talking_at, engagement.accepted_at) AS since,
       contact.rank,
       CASE engagement.state WHEN 'connecting' THEN engagement.leg_queue_ms ELSE 0 END AS leg_queue_ms
  FROM engagement
  JOIN contact USING (contact_id)
  JOIN staff ON staff.staff_id = engagement.listener_id
 WHERE engagement.state IN ('connecting', 'talking', 'wrap_up')
   AND contact.line_id = ANY ($1::text[])
 ORDER BY engagement.accepted_at
 LIMIT $2

-- name: waiting
-- Who waits on a line, in the order of service. $1 line id, $2 limit.
SELECT contact_id, line_id, channel, queue, language, audience, level, needs, urgency,
       urgency_source, urgency_confirmed_at, state, arrived_at, queued_at, answered_at, ended_at, waited_ms,
       waiting_since, version, NULL::uuid AS listener_id, NULL::text AS listener_name,
       NULL::text AS engagement_state, waiting_since AS since, rank,
       0::bigint AS leg_queue_ms
  FROM contact
 WHERE line_id = $1 AND state = 'waiting'
 ORDER BY rank
 LIMIT $2

-- name: hard_contacts
-- Colleagues of these lines who have had so many hard contacts in a row.
-- $1 line ids, $2 how many, $3 limit.
SELECT listener.staff_id, staff.display_name, listener.since
  FROM listener JOIN staff USING (staff_id)
 WHERE listener.state <> 'offline' AND listener.hard_contacts >= $2
   AND EXISTS (SELECT FROM staff_line
                WHERE staff_line.staff_id = listener.staff_id AND line_id = ANY ($1::text[]))
 ORDER BY listener.since
 LIMIT $3

-- name: escalated
-- Among the first to be served: those for whom a step of this mask was applied in this wait.
-- $1 line id, $2 mask, $3 how many of the first are looked at, $4 limit.
SELECT contact_id, since
  FROM (SELECT contact_id, escalations, waiting_since AS since
          FROM contact
         WHERE line_id = $1 AND state = 'waiting'
         ORDER BY rank
         LIMIT $3) AS first
 WHERE escalations & $2::bigint <> 0
 ORDER BY since
 LIMIT $4

-- name: colleague
-- A colleague by id, if she works for one of these lines. $1 staff id, $2 line ids.
SELECT staff_id, display_name, role, active,
       ARRAY(SELECT skill FROM staff_skill
              WHERE staff_skill.staff_id = staff.staff_id ORDER BY skill) AS skills
  FROM staff
 WHERE staff_id = $1
   AND EXISTS (SELECT FROM staff_line
                WHERE staff_line.staff_id = staff.staff_id AND line_id = ANY ($2::text[]))

-- name: present
-- Colleagues of a line who are present in one of these profiles, the ready ones first.
-- $1 line id, $2 profile ids, $3 limit.
SELECT listener.staff_id, staff.display_name, listener.state
  FROM listener JOIN staff USING (staff_id)
 WHERE listener.state <> 'offline' AND listener.profile_id = ANY ($2::text[])
   AND EXISTS (SELECT FROM staff_line
                WHERE staff_line.staff_id = listener.staff_id AND line_id = $1)
 ORDER BY listener.state <> 'ready', staff.display_name, listener.staff_id
 LIMIT $3

-- name: names
-- What colleagues are called. $1 staff ids.
SELECT staff_id, display_name FROM staff WHERE staff_id = ANY ($1::uuid[])

-- name: lines_of
-- Those of these lines that a colleague works for. $1 staff id, $2 line ids.
SELECT line_id FROM staff_line
 WHERE staff_id = $1 AND line_id = ANY ($2::text[])
 ORDER BY line_id
