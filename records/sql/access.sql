-- What the policy needs to know of an object and of the person who asks, read in the acting transaction.

-- name: share_a_pool
-- Tell whether two lines are of one pool, whose listeners serve both. $1, $2 line ids.
SELECT count(DISTINCT pool) = 1 AND count(*) = 2 FROM line WHERE line_id IN ($1, $2)

-- name: case
-- Return a case with who follows it, and whether the person opened it, follows it or
-- took one of its contacts. $1 case id, $2 staff id.
SELECT
    case_file.case_id, case_file.line_id, case_file.reference, case_file.state,
    case_file.label_sealed, case_file.department, case_file.version, case_file.created_at,
    case_file.closed_at, follower.staff_id AS follower_id,
    follower.display_name AS follower_name,
    (
        case_file.created_by = $2
        OR coalesce(case_file.follower_id = $2, false)
        OR EXISTS (
            SELECT FROM case_contact
            JOIN engagement USING (contact_id)
            WHERE case_contact.case_id = case_file.case_id
              AND engagement.listener_id = $2
              AND engagement.state <> 'not_connected'
        )
    ) AS involved
FROM case_file
LEFT JOIN staff AS follower ON follower.staff_id = case_file.follower_id
WHERE case_file.case_id = $1
