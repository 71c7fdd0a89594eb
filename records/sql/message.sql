-- Lines of conversations. Who writes a line, and who closes a conversation, updates the conversation's row.

-- name: lock_conversations
-- Lock, in the order of their ids, the conversations of a batch that nobody else holds.
-- A row that is held is left out at once: it delays nobody but its own lines.
-- The values are those of the newest committed version. $1 contact ids.
SELECT contact_id, line_id, head_seq, open
FROM conversation
WHERE contact_id = ANY($1::uuid[])
ORDER BY contact_id
FOR NO KEY UPDATE SKIP LOCKED

-- name: existing_conversations
-- Tell, without waiting, which of these conversations exist: held is not the same as missing.
-- $1 contact ids.
SELECT contact_id FROM conversation WHERE contact_id = ANY($1::uuid[])

-- name: known_lines
-- Return the lines already committed under these names. True until the commit for
-- conversations that this transaction has locked. $1 contact ids, $2 senders, $3 cids.
SELECT message.contact_id, message.sender, message.cid, message.seq, message.at, message.body_sealed
FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS wanted (contact_id, sender, cid)
JOIN message USING (contact_id, sender, cid)

-- name: write
-- Write numbered lines and move the heads of their conversations, which this transaction has
-- locked. $1 to $10: one array per column of the lines, in the order of the columns;
-- $11 contact ids, $12 their new heads.
WITH written AS (
    INSERT INTO message
        (contact_id, seq, line_id, sender, staff_id, cid, kind, visibility, body_sealed, at)
    SELECT contact_id, seq, line_id, sender, staff_id, cid, kind, visibility, body_sealed, at
    FROM unnest(
        $1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::uuid[],
        $6::uuid[], $7::text[], $8::text[], $9::bytea[], $10::timestamptz[]
    ) AS line
        (contact_id, seq, line_id, sender, staff_id, cid, kind, visibility, body_sealed, at)
)
UPDATE conversation
SET head_seq = moved.head_seq
FROM unnest($11::uuid[], $12::bigint[]) AS moved (contact_id, head_seq)
WHERE conversation.contact_id = moved.contact_id

-- name: after_for_visitor
-- Return the lines a visitor may see after a number, in order: never one for staff only.
-- $1 contact id, $2 number, $3 limit.
SELECT seq, cid, sender, staff_id, kind, visibility, body_sealed, at
FROM message
WHERE contact_id = $1 AND seq > $2 AND visibility = 'all' AND kind <> 'whisper'
ORDER BY seq
LIMIT $3

-- name: after_for_staff
-- Return every line after a number, in order. $1 contact id, $2 number, $3 limit.
SELECT seq, cid, sender, staff_id, kind, visibility, body_sealed, at
FROM message
WHERE contact_id = $1 AND seq > $2
ORDER BY seq
LIMIT $3

-- name: head
-- Return where a conversation stands. $1 contact id.
SELECT line_id, head_seq, open, visitor_read_seq, listener_read_seq
FROM conversation
WHERE contact_id = $1

-- name: visitor_has_read
-- Move the visitor's reading mark forward, never back and never past the head.
-- $1 contact id, $2 number.
UPDATE conversation
SET visitor_read_seq = least($2, head_seq)
WHERE contact_id = $1 AND visitor_read_seq < least($2, head_seq)
RETURNING visitor_read_seq

-- name: listener_has_read
-- Move the listener's reading mark forward, never back and never past the head.
-- $1 contact id, $2 number.
UPDATE conversation
SET listener_read_seq = least($2, head_seq)
WHERE contact_id = $1 AND listener_read_seq < least($2, head_seq)
RETURNING listener_read_seq

-- name: heads
-- The last number of several conversations at once. $1 contact ids.
SELECT contact_id, head_seq FROM conversation WHERE contact_id = ANY ($1::uuid[])
