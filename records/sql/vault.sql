-- Data keys and check values: the schema `keys`.

-- name: create_key
-- One live key per owner: a second one is refused by data_key_one_live.
INSERT INTO keys.data_key (key_id, owner_kind, owner_id, line_id, wrapped, kek_id, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: keys_of_owners
-- The live keys of some owners of one kind.
SELECT key_id, owner_kind, owner_id, wrapped, kek_id
  FROM keys.data_key
 WHERE owner_kind = $1 AND owner_id = ANY ($2::uuid[]) AND destroyed_at IS NULL

-- name: keys_by_id
-- Keys by id, destroyed ones too: the caller tells shredded from unknown.
SELECT key_id, owner_kind, owner_id, wrapped, kek_id
  FROM keys.data_key
 WHERE key_id = ANY ($1::uuid[])

-- name: destroy_key
-- What the key sealed can never be read again. Repeating it changes nothing.
UPDATE keys.data_key SET wrapped = NULL, destroyed_at = $3
 WHERE owner_kind = $1 AND owner_id = $2 AND destroyed_at IS NULL

-- name: keys_to_rewrap
-- Some live keys still wrapped by another VAULT_KEY; two rotations never meet on a row.
SELECT key_id, owner_kind, owner_id, wrapped, kek_id
  FROM keys.data_key
 WHERE destroyed_at IS NULL AND kek_id <> $1
 ORDER BY key_id LIMIT $2
   FOR UPDATE SKIP LOCKED

-- name: rewrap
UPDATE keys.data_key SET wrapped = $2, kek_id = $3
 WHERE key_id = $1 AND destroyed_at IS NULL

-- name: check_values
SELECT name, value FROM keys.check_value

-- name: first_check_value
-- Only the first start writes it; whoever comes second reads what stands.
INSERT INTO keys.check_value (name, value, set_at) VALUES ($1, $2, $3)
ON CONFLICT (name) DO NOTHING

-- name: replace_check_value
-- Rotation only: from the value of the key before.
UPDATE keys.check_value SET value = $3, set_at = $4 WHERE name = $1 AND value = $2
