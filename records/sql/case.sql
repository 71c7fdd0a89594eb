-- Cases (situations) and the contacts recorded against them.

-- name: create
-- Open a case, followed by who opens it; no row when the reference is already another
-- case's, so that a new one is drawn. $1 case id, $2 line id, $3 reference, $4 sealed label,
-- $5 department, $6 staff id, $7 now, $8 retention class.
INSERT INTO case_file
    (case_id, line_id, reference, state, label_sealed, department, follower_id, version,
     created_at, created_by, retention_class)
VALUES ($1, $2, $3, 'ouverte', $4, $5, $6, 1, $7, $6, $8)
ON CONFLICT (reference) DO NOTHING
RETURNING case_id

-- name: by_reference
-- Return the id of the case of that reference. $1 reference.
SELECT case_id FROM case_file WHERE reference = $1

-- name: page
-- Return the newest cases the person may see listed: any of the lines $2, and of the lines $3
-- those she opened, follows or took a contact of. $1 staff id, $4 before this case id
-- (ids are in the order of birth) or null, $5 limit.
SELECT
    case_file.case_id, case_file.line_id, case_file.reference, case_file.state,
    case_file.label_sealed, case_file.department, case_file.version, case_file.created_at,
    case_file.closed_at, follower.staff_id AS follower_id,
    follower.display_name AS follower_name, relation.involved
FROM case_file
LEFT JOIN staff AS follower ON follower.staff_id = case_file.follower_id
CROSS JOIN LATERAL (
    SELECT
        case_file.created_by = $1
        OR coalesce(case_file.follower_id = $1, false)
        OR EXISTS (
            SELECT FROM case_contact
            JOIN engagement USING (contact_id)
            WHERE case_contact.case_id = case_file.case_id
              AND engagement.listener_id = $1
              AND engagement.state <> 'not_connected'
        ) AS involved
) AS relation
WHERE
    (
        case_file.line_id = ANY($2::text[])
        OR (case_file.line_id = ANY($3::text[]) AND relation.involved)
    )
    AND ($4::uuid IS NULL OR case_file.case_id < $4)
ORDER BY case_file.case_id DESC
LIMIT $5

-- name: timeline
-- Return the contacts of a case, oldest first, with the names of who took each; only those of
-- lines that the reader works for. $1 case id, $2 limit, $3 the reader's lines.
SELECT
    contact.contact_id, contact.channel, contact.queue, contact.state, contact.urgency,
    CASE WHEN contact.disposition = 'abandoned' AND contact.lost_at IS NOT NULL
         THEN 'lost_by_desk' ELSE contact.disposition END AS disposition,
    contact.arrived_at, contact.queued_at, contact.answered_at,
    contact.ended_at, contact.waited_ms, case_contact.attached_at,
    ARRAY(
        SELECT staff.display_name
        FROM engagement
        JOIN staff ON staff.staff_id = engagement.listener_id
        WHERE engagement.contact_id = contact.contact_id
          AND engagement.state <> 'not_connected'
        ORDER BY engagement.accepted_at, engagement.engagement_id
    ) AS listener_names
FROM case_contact
JOIN contact USING (contact_id)
WHERE case_contact.case_id = $1
  AND contact.line_id = ANY ($3::text[])
ORDER BY contact.arrived_at, contact.contact_id
LIMIT $2

-- name: attach
-- Record a contact against a case; no row when it already is.
INSERT INTO case_contact (case_id, contact_id, line_id, attached_at, attached_by)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
RETURNING contact_id

-- name: detach
-- Take a contact off a case. $1 case id, $2 contact id.
DELETE FROM case_contact WHERE case_id = $1 AND contact_id = $2 RETURNING contact_id

-- name: change
-- Count one more change of a case, unless it is closed (then: no row). $1 case id.
UPDATE case_file SET version = version + 1
WHERE case_id = $1 AND state <> 'close'
RETURNING version

-- name: lock
-- Keep a case's row as it is until the commit. $1 case id.
SELECT case_id FROM case_file WHERE case_id = $1 FOR NO KEY UPDATE

-- name: of_contact
-- Return the cases a contact is recorded against, oldest first; the line says who may know of
-- each. $1 contact id.
SELECT case_file.case_id, case_file.reference, case_file.line_id
FROM case_contact
JOIN case_file USING (case_id)
WHERE case_contact.contact_id = $1
ORDER BY case_contact.attached_at, case_file.case_id
LIMIT 50
