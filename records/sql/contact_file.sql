-- A contact with everything a desk shows of it, read in one gated transaction.

-- name: whole
-- A contact with everything a desk shows of it, as it stands at one instant; lists are of rows.
-- What of it the person $2 may read is decided from how they stand to it. $1 contact id,
-- $3 events at most.
SELECT @contact.coded@,
       @contact.standing@,
       ARRAY(SELECT ROW(engagement.engagement_id, engagement.listener_id, staff.display_name,
                        engagement.state, engagement.accepted_at, engagement.talking_at,
                        engagement.wrap_up_at, engagement.wrap_up_until, engagement.level,
                        engagement.wrap_up_extensions)
               FROM engagement JOIN staff ON staff.staff_id = engagement.listener_id
              WHERE engagement.contact_id = $1
              ORDER BY engagement.state IN ('connecting', 'talking', 'wrap_up') DESC,
                       engagement.accepted_at DESC
              LIMIT 1) AS taken,
       ARRAY(SELECT ROW(told.kind, told.at, told.staff_name, told.detail::text)
               FROM (SELECT contact_event.kind, contact_event.at, contact_event.event_id,
                            staff.display_name AS staff_name, contact_event.detail
                       FROM contact_event LEFT JOIN staff USING (staff_id)
                      WHERE contact_event.contact_id = $1
                      ORDER BY contact_event.at, contact_event.event_id
                      LIMIT $3) AS told
              ORDER BY told.at, told.event_id) AS events,
       ARRAY(SELECT ROW(case_file.case_id, case_file.reference, case_file.line_id)
               FROM case_contact JOIN case_file USING (case_id)
              WHERE case_contact.contact_id = $1
              ORDER BY case_contact.attached_at, case_file.case_id
              LIMIT 50) AS cases,
       ARRAY(SELECT ROW(contact_fact.fact, contact_fact.value)
               FROM contact_fact WHERE contact_fact.contact_id = $1
              ORDER BY contact_fact.fact, contact_fact.value) AS facts,
       form.form_id, form.form_version, form.revision AS form_revision, form.coded AS form_coded,
       form.sealed AS form_sealed, form.saved_at AS form_saved_at, form.saved_by AS form_saved_by
  FROM contact LEFT JOIN LATERAL (
       SELECT form_id, form_version, revision, contact_form.coded, sealed, saved_at, saved_by
         FROM contact_form WHERE contact_form.contact_id = $1) AS form ON true
 WHERE contact_id = $1

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
