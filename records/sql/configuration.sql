-- What was in force: lines, configurations by the hash of their content, versions of forms.

-- name: register_line
-- Make a line known, or bring what is known of it up to date.
-- $1 line id, $2 pool, $3 names, $4 time zone, $5 now.
INSERT INTO line (line_id, pool, names, timezone, registered_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (line_id) DO UPDATE
SET pool = excluded.pool, names = excluded.names, timezone = excluded.timezone
WHERE (line.pool, line.names, line.timezone)
    IS DISTINCT FROM (excluded.pool, excluded.names, excluded.timezone)

-- name: keep_config_version
-- Keep a configuration for ever; known ones are left as they are. $1 hash, $2 content, $3 now.
INSERT INTO config_version (hash, content, first_used_at)
VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING

-- name: form_versions
-- Return what was in force under a form's version, each state of its drawn lists. $1 form id,
-- $2 version, $3 how many versions a file may have: the step between two states.
SELECT version, content
FROM form_version
WHERE form_id = $1 AND version % $3::integer = $2::integer
ORDER BY version

-- name: keep_form_version
-- Keep a version of a form for ever; a known one is left as it is.
-- $1 form id, $2 version, $3 content, $4 now.
INSERT INTO form_version (form_id, version, content, first_used_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING
