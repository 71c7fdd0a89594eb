-- Session-level advisory locks: they live as long as the connection that took them.

-- name: take
-- True if this connection now holds the lock. $1 number.
SELECT pg_try_advisory_lock(7219, $1::int4)

-- name: check
-- Fails when the connection is gone.
SELECT 1

-- name: give_back
SELECT pg_advisory_unlock(7219, $1::int4)
