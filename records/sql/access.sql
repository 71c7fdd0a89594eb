-- What the policy needs to know of an object and of the person who asks, read in the acting transaction.

-- name: contact
-- Return a contact's line, state and turn; whether the person took it, is engaged with it
-- now, has claimed a follow-up of it, or is involved in an open case it is recorded against.
-- $1 contact id, $2 staff id.
SELECT
    contact.line_id, contact.channel, contact.state, contact.turn,
    contact.disposition, contact.closed_at,
    EXISTS (
        SELECT FROM engagement
        WHERE engagement.contact_id = contact.contact_id
          AND engagement.listener_id = $2
          AND engagement.state <> 'not_connected'
    ) AS involved,
    EXISTS (
        SELECT FROM engagement
        WHERE engagement.contact_id = contact.contact_id
          AND engagement.listener_id = $2
          AND engagement.state IN ('connecting', 'talking', 'wrap_up')
    ) AS serving,
    EXISTS (
        SELECT FROM follow_up
        WHERE follow_up.contact_id = contact.contact_id
          AND follow_up.state = 'claimed'
          AND follow_up.claimed_by = $2
    ) AS follows_up,
    EXISTS (
        SELECT FROM case_contact AS recorded
        JOIN case_file USING (case_id)
        WHERE recorded.contact_id = contact.contact_id
          AND case_file.state <> 'close'
          AND (
              case_file.created_by = $2
              OR case_file.follower_id = $2
              OR EXISTS (
                  SELECT FROM case_contact
                  JOIN engagement USING (contact_id)
                  WHERE case_contact.case_id = case_file.case_id
                    AND engagement.listener_id = $2
                    AND engagement.state <> 'not_connected'
              )
          )
    ) AS in_her_case
FROM contact
WHERE contact.contact_id = $1

-- name: lock_contact
-- Keep a contact's row as it is until the commit, so that closing it and what is written
-- about it take turns. $1 contact id.
SELECT contact_id FROM contact WHERE contact_id = $1 FOR NO KEY UPDATE

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
