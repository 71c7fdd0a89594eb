-- Backup and restore, as the owner role; rows themselves travel by COPY.

-- name: revision
SELECT version_num FROM alembic_version

-- name: key_extent
-- How many data keys there are, wiped ones too, the first and the last by id.
SELECT (SELECT count(*) FROM keys.data_key) AS rows,
       (SELECT key_id FROM keys.data_key ORDER BY key_id LIMIT 1) AS first,
       (SELECT key_id FROM keys.data_key ORDER BY key_id DESC LIMIT 1) AS last

-- name: missing_keys
-- How many of these keys the database never had. $1 key ids.
SELECT count(*)
  FROM unnest($1::uuid[]) AS asked (key_id)
 WHERE NOT EXISTS (SELECT FROM keys.data_key WHERE data_key.key_id = asked.key_id)

-- name: shred_contacts
-- What shredding means for a contact whose keys were all destroyed after its data was backed up:
-- it is marked, and its number is no longer recognised.
UPDATE contact
   SET shredded_at = coalesce(shredded_at, gone.destroyed_at), number_hmac = NULL
  FROM (SELECT owner_id, max(destroyed_at) AS destroyed_at
          FROM keys.data_key WHERE owner_kind = 'contact'
         GROUP BY owner_id HAVING bool_and(destroyed_at IS NOT NULL)) AS gone
 WHERE contact.contact_id = gone.owner_id

-- name: shred_cases
-- The same for a case.
UPDATE case_file
   SET shredded_at = coalesce(shredded_at, gone.destroyed_at)
  FROM (SELECT owner_id, max(destroyed_at) AS destroyed_at
          FROM keys.data_key WHERE owner_kind = 'case'
         GROUP BY owner_id HAVING bool_and(destroyed_at IS NOT NULL)) AS gone
 WHERE case_file.case_id = gone.owner_id

-- name: keyless
-- Sealed values, by place, whose key is neither here nor known to be destroyed.
SELECT place, count(*) AS count
  FROM (SELECT 'case_file.label_sealed' AS place, label_sealed AS sealed FROM case_file
        UNION ALL SELECT 'contact.number_sealed', number_sealed FROM contact
        UNION ALL SELECT 'contact_form.sealed', sealed FROM contact_form
        UNION ALL SELECT 'correspondent.identity_sealed', identity_sealed FROM correspondent
        UNION ALL SELECT 'correspondent.number_sealed', number_sealed FROM correspondent
        UNION ALL SELECT 'message.body_sealed', body_sealed FROM message
        UNION ALL SELECT 'person.identity_sealed', identity_sealed FROM person
        UNION ALL SELECT 'staff.totp_sealed', totp_sealed FROM staff) AS kept
 WHERE length(sealed) > 16
   AND NOT EXISTS (SELECT FROM keys.data_key
                    WHERE key_id = encode(substring(sealed FROM 2 FOR 16), 'hex')::uuid)
 GROUP BY place ORDER BY place

-- name: sealed_forms
-- Write-ups with something sealed, in pages. $1 after this contact, $2 how many.
SELECT contact_id, line_id, form_id, form_version, sealed
  FROM contact_form
 WHERE sealed IS NOT NULL AND contact_id > $1
 ORDER BY contact_id LIMIT $2
