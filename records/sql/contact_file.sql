-- A contact with everything a desk shows of it, read in one gated transaction.

-- name: engagements
-- Who took the contact, the open or last engagement first. $1 contact id.
SELECT engagement.engagement_id, engagement.listener_id, staff.display_name AS listener_name,
       engagement.state, engagement.accepted_at, engagement.talking_at,
       engagement.wrap_up_at, engagement.wrap_up_until, engagement.level,
       engagement.wrap_up_extensions
  FROM engagement JOIN staff ON staff.staff_id = engagement.listener_id
 WHERE engagement.contact_id = $1
 ORDER BY engagement.state IN ('connecting', 'talking', 'wrap_up') DESC,
          engagement.accepted_at DESC
 LIMIT 1

-- name: engagements_of
-- The same for several contacts at once. $1 contact ids.
SELECT DISTINCT ON (engagement.contact_id) engagement.contact_id,
       engagement.engagement_id, engagement.listener_id, staff.display_name AS listener_name,
       engagement.state, engagement.accepted_at, engagement.talking_at,
       engagement.wrap_up_at, engagement.wrap_up_until, engagement.level,
       engagement.wrap_up_extensions
  FROM engagement JOIN staff ON staff.staff_id = engagement.listener_id
 WHERE engagement.contact_id = ANY ($1::uuid[])
 ORDER BY engagement.contact_id,
          engagement.state IN ('connecting', 'talking', 'wrap_up') DESC,
          engagement.accepted_at DESC

-- name: events
-- What happened, in order, with the names of colleagues. $1 contact id, $2 limit.
SELECT contact_event.kind, contact_event.at, staff.display_name AS staff_name,
       contact_event.detail
  FROM contact_event LEFT JOIN staff USING (staff_id)
 WHERE contact_event.contact_id = $1
 ORDER BY contact_event.at, contact_event.event_id
 LIMIT $2

-- name: concerning
-- Contacts of these lines, newest first, below an id. $4 = all of them; otherwise those this
-- listener took. $1 line ids, $2 state or null, $3 below this id or null, $4, $5 staff id, $6 limit.
SELECT contact.contact_id
  FROM contact
 WHERE contact.line_id = ANY ($1::text[])
   AND ($2::text IS NULL OR contact.state = $2)
   AND ($3::uuid IS NULL OR contact.contact_id < $3)
   AND ($4::boolean OR EXISTS (
        SELECT FROM engagement
         WHERE engagement.contact_id = contact.contact_id
           AND engagement.listener_id = $5
           AND engagement.state <> 'not_connected'))
 ORDER BY contact.contact_id DESC
 LIMIT $6
