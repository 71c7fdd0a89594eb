-- The trail and its seals.

-- name: write
-- The row and its mark commit together: what is not sealed yet is exactly what is marked.
WITH written AS (
    INSERT INTO audit (audit_id, at, actor_kind, staff_id, session_id, action,
                       object_kind, object_id, line_id, detail, hmac)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    RETURNING audit_id
)
INSERT INTO audit_unsealed (audit_id) SELECT audit_id FROM written

-- name: lock_sealer
-- True for one sealer at a time, until its transaction ends.
SELECT pg_try_advisory_xact_lock(1635083369)

-- name: take_unsealed
-- The oldest marks, taken away: the seal that covers them commits with this.
DELETE FROM audit_unsealed
 WHERE audit_id IN (SELECT audit_id FROM audit_unsealed ORDER BY audit_id LIMIT $1)
RETURNING audit_id

-- name: rows
-- Audit rows by id, in the order a seal hashes them.
SELECT audit_id, at, actor_kind, staff_id, session_id, action, object_kind, object_id,
       line_id, detail, hmac
  FROM audit WHERE audit_id = ANY ($1::uuid[]) ORDER BY audit_id

-- name: head
-- The last link of the chain.
SELECT seq, chain FROM audit_seal ORDER BY seq DESC LIMIT 1

-- name: insert_seal
INSERT INTO audit_seal (seq, covered, rows_hash, chain, sealed_at) VALUES ($1, $2, $3, $4, $5)

-- name: seals_after
-- The chain in pages.
SELECT seq, covered, rows_hash, chain, sealed_at
  FROM audit_seal WHERE seq > $1 ORDER BY seq LIMIT $2

-- name: extent
-- One snapshot of how much there is to verify; $1 = marks from before it are overdue.
SELECT (SELECT count(*) FROM audit) AS rows,
       (SELECT count(*) FROM audit_unsealed) AS unsealed,
       (SELECT count(*) FROM audit_unsealed JOIN audit USING (audit_id) WHERE at < $1) AS overdue,
       (SELECT coalesce(max(seq), 0) FROM audit_seal) AS head_seq

-- name: unsealed_after
-- Rows no seal covers yet, in pages.
SELECT a.audit_id, a.at, a.actor_kind, a.staff_id, a.session_id, a.action, a.object_kind,
       a.object_id, a.line_id, a.detail, a.hmac
  FROM audit_unsealed u JOIN audit a USING (audit_id)
 WHERE u.audit_id > $1 ORDER BY u.audit_id LIMIT $2

-- name: of_object
-- Who did or read what to one object, newest first.
SELECT audit_id, at, actor_kind, staff_id, action, detail
  FROM audit WHERE object_id = $1 ORDER BY at DESC LIMIT $2
