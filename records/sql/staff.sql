-- Accounts of staff. Never deleted: what somebody did names her.

-- name: create
-- Open an account; a login or a subject already taken is refused by its constraint.
INSERT INTO staff
    (staff_id, subject, login, display_name, role, password_hash, totp_sealed, totp_last_step,
     profile_id, max_chats, active, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8, $9, true, $10)

-- name: add_lines
-- Let somebody work for these lines. $1 staff id, $2 line ids.
INSERT INTO staff_line (staff_id, line_id)
SELECT $1, unnest($2::text[])
ON CONFLICT DO NOTHING

-- name: add_skills
-- Note what somebody can do beyond her profile. $1 staff id, $2 skills.
INSERT INTO staff_skill (staff_id, skill)
SELECT $1, unnest($2::text[])
ON CONFLICT DO NOTHING

-- name: drop_skills
-- Forget what is not among these. $1 staff id, $2 skills.
DELETE FROM staff_skill WHERE staff_id = $1 AND skill <> ALL ($2::text[])

-- name: lock
-- Keep an account as it is until the commit. $1 staff id.
SELECT staff_id FROM staff WHERE staff_id = $1 FOR NO KEY UPDATE

-- name: credentials
-- Return what signing in is checked against. $1 login.
SELECT staff_id, password_hash, totp_sealed, totp_last_step, active FROM staff WHERE login = $1

-- name: get
-- Return an account. $1 staff id.
SELECT
    staff_id, subject, login, display_name, role, profile_id, max_chats, active, created_at,
    ARRAY(SELECT line_id FROM staff_line WHERE staff_line.staff_id = staff.staff_id ORDER BY line_id)
        AS line_ids,
    ARRAY(SELECT skill FROM staff_skill WHERE staff_skill.staff_id = staff.staff_id ORDER BY skill)
        AS skills
FROM staff
WHERE staff_id = $1

-- name: page
-- Return accounts in the order of their logins. $1 after this login, $2 limit.
SELECT
    staff_id, subject, login, display_name, role, profile_id, max_chats, active, created_at,
    ARRAY(SELECT line_id FROM staff_line WHERE staff_line.staff_id = staff.staff_id ORDER BY line_id)
        AS line_ids,
    ARRAY(SELECT skill FROM staff_skill WHERE staff_skill.staff_id = staff.staff_id ORDER BY skill)
        AS skills
FROM staff
WHERE login > $1
ORDER BY login
LIMIT $2

-- name: change
-- Replace who somebody is at work; what is NULL stays. Returns whether her role is another now.
-- $1 staff id, $2 display name, $3 role, $4 profile id, $5 chats at once.
WITH before AS (SELECT role FROM staff WHERE staff_id = $1 FOR NO KEY UPDATE)
UPDATE staff SET
    display_name = coalesce($2, display_name),
    role = coalesce($3, staff.role),
    profile_id = coalesce($4, profile_id),
    max_chats = coalesce($5, max_chats)
FROM before
WHERE staff_id = $1
RETURNING before.role <> staff.role AS role_changed

-- name: set_password
-- Replace a password's hash. $1 staff id, $2 hash.
UPDATE staff SET password_hash = $2 WHERE staff_id = $1

-- name: set_totp
-- Replace a second factor; codes of the old one are void. $1 staff id, $2 sealed secret.
UPDATE staff SET totp_sealed = $2, totp_last_step = NULL WHERE staff_id = $1

-- name: use_totp_step
-- Use a code once: true only for the first who brings this step or a later one.
-- $1 staff id, $2 step (Unix seconds / 30).
UPDATE staff SET totp_last_step = $2
WHERE staff_id = $1 AND active AND (totp_last_step IS NULL OR totp_last_step < $2)
RETURNING staff_id

-- name: set_active
-- Open or close an account. $1 staff id, $2 active.
UPDATE staff SET active = $2 WHERE staff_id = $1
