-- Session-level advisory locks: they live as long as the connection that took them.

-- name: take
-- True if this connection now holds the lock. $1 number.
SELECT pg_try_advisory_lock(7219, $1::int4)

-- name: check
-- Fails when the connection is gone.
SELECT 1

-- name: writable
-- Whether this server takes writes: no standby, and not set to read only.
SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'

-- name: now
-- The instant by PostgreSQL's clock, not that of the transaction.
SELECT clock_timestamp()

-- name: give_back
SELECT pg_advisory_unlock(7219, $1::int4)
