-- The write-up of a contact, kept by class of field, and the versions of forms.

-- name: version
-- Return a form as it was. $1 form id, $2 version.
SELECT content FROM form_version WHERE form_id = $1 AND version = $2

-- name: lock
-- Return a contact's write-up and keep it until the commit. $1 contact id.
SELECT contact_id, form_id, form_version, revision, coded, sealed, saved_at, saved_by
FROM contact_form
WHERE contact_id = $1
FOR NO KEY UPDATE

-- name: get
-- Return a contact's write-up. $1 contact id.
SELECT contact_id, form_id, form_version, revision, coded, sealed, saved_at, saved_by
FROM contact_form
WHERE contact_id = $1

-- name: insert
-- Begin a write-up; no row when somebody else just did.
INSERT INTO contact_form
    (contact_id, line_id, form_id, form_version, revision, coded, sealed, saved_at, saved_by)
VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8)
ON CONFLICT (contact_id) DO NOTHING
RETURNING revision

-- name: update
-- Replace a write-up that is still at the revision its writer saw ($3), else no row.
UPDATE contact_form
SET form_id = $4, form_version = $5, revision = revision + 1,
    coded = $6, sealed = $7, saved_at = $8, saved_by = $9
WHERE contact_id = $1 AND line_id = $2 AND revision = $3
RETURNING revision

-- name: delete_facts
-- Forget the facts that a form's fields gave. $1 contact id, $2 facts' names.
DELETE FROM contact_fact WHERE contact_id = $1 AND fact = ANY($2::text[])

-- name: insert_facts
-- Keep coded values as facts, for routing and statistics.
-- $1 contact id, $2 line id, $3 names, $4 values.
INSERT INTO contact_fact (contact_id, fact, value, line_id)
SELECT $1, given.fact, given.value, $2
FROM unnest($3::text[], $4::text[]) AS given (fact, value)
ON CONFLICT DO NOTHING

-- name: delete_tokens
-- Forget where a write-up's sealed words may be found. $1 contact id.
DELETE FROM blind_index WHERE object_kind = 'contact_form' AND object_id = $1

-- name: insert_tokens
-- Say where a write-up's sealed words may be found. $1 contact id, $2 line id, $3 fields, $4 tokens.
INSERT INTO blind_index (line_id, field, token, object_kind, object_id)
SELECT $2, given.field, given.token, 'contact_form', $1
FROM unnest($3::text[], $4::bytea[]) AS given (field, token)
ON CONFLICT DO NOTHING
