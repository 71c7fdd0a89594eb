-- Contacts: taken in, placed, taken, ended, closed. Every change adds 1 to version.
-- Lock order everywhere: contact, then conversation, then listener; engagements after
-- the contact they belong to.

-- list: coded
contact_id, line_id, channel, state, queue, language, audience, department,
urgency, urgency_source, urgency_confirmed_at, band, head_start_ms, rank, returned, turn, version,
arrived_at, queued_at, waiting_since, answered_at, ended_at, closed_at, changed_at,
CASE WHEN disposition = 'abandoned' AND lost_at IS NOT NULL THEN 'lost_by_desk' ELSE disposition END AS disposition,
non_content_code, ended_by, end_reason, waited_ms,
account_sid, call_sid, visitor_seen_at, preferred_listener_id, preferred_until, config_version,
level, needs, widened_to, escalations, home_queue, given_up_by, lost_at

-- list: waited
-- Milliseconds waited so far, up to $2: until the first answer from arrived_at, so what a caller
-- heard of the menu counts; a later stay in waiting adds its own.
CASE WHEN answered_at IS NOT NULL
     THEN coalesce(waited_ms, 0) + CASE WHEN state IN ('waiting', 'active') THEN
          greatest(0, floor(extract(epoch FROM $2::timestamptz - waiting_since) * 1000))::bigint
          ELSE 0 END
     ELSE greatest(0, floor(extract(epoch FROM
          $2::timestamptz - arrived_at) * 1000))::bigint END

-- name: take_in_call
-- A call is one contact however often its webhook comes: the second finds nothing to insert
-- and returns no row. Contact, data key and event are born together, or not at all.
WITH taken AS (
    INSERT INTO contact (contact_id, line_id, channel, state, language, audience,
                         head_start_ms, returned, turn, version, arrived_at, changed_at,
                         account_sid, call_sid, number_hmac, number_sealed, config_version)
    VALUES ($1, $2, 'call', 'arriving', $3, 'unknown', 0, false, 0, 1, $4, $5,
            $6, $7, $8, $9, $10)
    ON CONFLICT (account_sid, call_sid) DO NOTHING
    RETURNING @coded@
), sealed_under AS (
    INSERT INTO keys.data_key (key_id, owner_kind, owner_id, line_id, wrapped, kek_id, created_at)
    SELECT $11, 'contact', contact_id, line_id, $12, $13, changed_at FROM taken
), told AS (
    INSERT INTO contact_event (event_id, line_id, contact_id, kind, at, actor_kind, turn, detail)
    SELECT $14, line_id, contact_id, 'arrived', arrived_at, 'correspondent', turn, '{}' FROM taken
)
SELECT @coded@ FROM taken

-- name: take_in_chat
-- A chat stands in waiting from its first instant, with its conversation, key, facts and
-- events. A repeat with the same contact_id inserts nothing and returns no row.
WITH taken AS (
    INSERT INTO contact (contact_id, line_id, channel, state, queue, language, audience,
                         department, urgency, urgency_source, band, head_start_ms, rank, returned,
                         turn, version, arrived_at, queued_at, waiting_since, changed_at,
                         visitor_token_hash, visitor_seen_at, config_version,
                         level, needs, home_queue)
    VALUES ($1, $2, 'chat', 'waiting', $3, $4, $5, $6, $7, $8, $9, $10, $11, false,
            1, 1, $12, $12, $12, $12, $13, $12, $14, $22, $23, $24)
    ON CONFLICT (contact_id) DO NOTHING
    RETURNING @coded@
), sealed_under AS (
    INSERT INTO keys.data_key (key_id, owner_kind, owner_id, line_id, wrapped, kek_id, created_at)
    SELECT $15, 'contact', contact_id, line_id, $16, $17, changed_at FROM taken
), talk AS (
    INSERT INTO conversation (contact_id, line_id, head_seq, open, visitor_read_seq,
                              listener_read_seq)
    SELECT contact_id, line_id, 0, true, 0, 0 FROM taken
), facts AS (
    INSERT INTO contact_fact (contact_id, fact, value, line_id)
    SELECT contact_id, 'urgency_factor', factor, line_id
      FROM taken, unnest($18::text[]) AS factor
    ON CONFLICT DO NOTHING
), told AS (
    INSERT INTO contact_event (event_id, line_id, contact_id, kind, at, actor_kind, turn, detail)
    SELECT event_id, line_id, contact_id, kind, arrived_at, 'correspondent', turn, detail
      FROM taken, (VALUES ($19::uuid, 'arrived', '{}'::jsonb),
                          ($20::uuid, 'queued', $21::jsonb)) AS event (event_id, kind, detail)
)
SELECT @coded@ FROM taken

-- name: place
-- arriving to waiting, once: anything past arriving is left alone and returns no row.
WITH placed AS (
    UPDATE contact
       SET state = 'waiting', queue = $2, audience = $3, language = coalesce($13, language), urgency = $4, urgency_source = $5,
           band = $6, head_start_ms = $7, rank = $8, turn = turn + 1, version = version + 1,
           queued_at = $9, waiting_since = $9, changed_at = $9,
           level = $14, needs = $15, home_queue = $16,
           returned = $17, preferred_listener_id = $18, preferred_until = $19
     WHERE contact_id = $1 AND state = 'arriving'
    RETURNING @coded@
), facts AS (
    INSERT INTO contact_fact (contact_id, fact, value, line_id)
    SELECT contact_id, 'urgency_factor', factor, line_id
      FROM placed, unnest($10::text[]) AS factor
    ON CONFLICT DO NOTHING
), told AS (
    INSERT INTO contact_event (event_id, line_id, contact_id, kind, at, actor_kind, turn, detail)
    SELECT $11, line_id, contact_id, 'queued', $9, 'correspondent', turn, $12 FROM placed
)
SELECT @coded@ FROM placed

-- list: taken
engagement_id AS e_engagement_id, contact_id AS e_contact_id, line_id AS e_line_id,
listener_id AS e_listener_id, session_id AS e_session_id, channel AS e_channel,
state AS e_state, level AS e_level, role AS e_role, turn AS e_turn, step AS e_step,
step_due_at AS e_step_due_at, step_attempts AS e_step_attempts,
conference_name AS e_conference_name, conference_sid AS e_conference_sid,
leg_call_sid AS e_leg_call_sid, accepted_at AS e_accepted_at, talking_at AS e_talking_at,
wrap_up_at AS e_wrap_up_at, wrap_up_until AS e_wrap_up_until, done_at AS e_done_at,
queue AS e_queue, waited_ms AS e_waited_ms, wrap_up_extensions AS e_wrap_up_extensions,
lost_at AS e_lost_at, leg_queue_ms AS e_leg_queue_ms

-- list: standing
-- How the person $2 stands to the contact $1: took it, is engaged with it now, has claimed a
-- follow-up of it, is involved in an open case it is recorded against.
EXISTS (
    SELECT FROM engagement
    WHERE engagement.contact_id = $1
      AND engagement.listener_id = $2
      AND engagement.state <> 'not_connected'
) AS involved,
EXISTS (
    SELECT FROM engagement
    WHERE engagement.contact_id = $1
      AND engagement.listener_id = $2
      AND engagement.state IN ('connecting', 'talking', 'wrap_up')
) AS serving,
EXISTS (
    SELECT FROM follow_up
    WHERE follow_up.contact_id = $1
      AND follow_up.state = 'claimed'
      AND follow_up.claimed_by = $2
) AS follows_up,
EXISTS (
    SELECT FROM case_contact AS recorded
    JOIN case_file USING (case_id)
    WHERE recorded.contact_id = $1
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

-- name: hold
-- The contact, held until the end of the transaction, and the engagement of whoever has it or
-- writes it up. First lock of any act on it. `seen_version` is the version that was there when
-- the statement began: when it had to wait for the row, `version` is another one, and what it
-- says of the engagement is as old as `seen_version`.
SELECT @coded@, (SELECT version FROM contact AS seen WHERE seen.contact_id = $1) AS seen_version,
       taken.*
  FROM contact LEFT JOIN LATERAL (
       SELECT @taken@ FROM engagement
        WHERE engagement.contact_id = $1 AND role = 'primary'
          AND state IN ('connecting', 'talking', 'wrap_up')
        ORDER BY accepted_at DESC LIMIT 1) AS taken ON true
 WHERE contact_id = $1
   FOR NO KEY UPDATE OF contact

-- name: hold_as
-- The same for a person who acts, with how that person stands to the contact. $2 staff id.
SELECT @coded@, (SELECT version FROM contact AS seen WHERE seen.contact_id = $1) AS seen_version,
       taken.*,
       @standing@
  FROM contact LEFT JOIN LATERAL (
       SELECT @taken@ FROM engagement
        WHERE engagement.contact_id = $1 AND role = 'primary'
          AND state IN ('connecting', 'talking', 'wrap_up')
        ORDER BY accepted_at DESC LIMIT 1) AS taken ON true
 WHERE contact_id = $1
   FOR NO KEY UPDATE OF contact

-- name: relation
-- How a person stands to a contact. $1 contact id, $2 staff id.
SELECT contact.line_id, contact.channel, contact.state, contact.turn, contact.disposition,
       contact.closed_at,
       @standing@
  FROM contact WHERE contact.contact_id = $1

-- name: set_urgency
-- The rank moves by the difference: the place in time and a return's head start are kept.
UPDATE contact
   SET urgency = $2, urgency_source = $3,
       rank = rank - (band::bigint << 43) + head_start_ms + ($4::bigint << 43) - $5::bigint,
       band = $4, head_start_ms = $5, urgency_confirmed_at = $6,
       version = version + 1, changed_at = $7
 WHERE contact_id = $1
RETURNING @coded@

-- name: accept
-- waiting to active, for this turn only: of any number that try, one gets a row. $4 the lines
-- of whoever accepts.
UPDATE contact
   SET state = 'active', version = version + 1, changed_at = $2,
       waited_ms = CASE WHEN channel = 'chat' THEN @waited@ ELSE waited_ms END,
       answered_at = CASE WHEN channel = 'chat' THEN coalesce(answered_at, $2) ELSE answered_at END,
       lost_at = CASE WHEN channel = 'chat' THEN NULL ELSE lost_at END,
       preferred_listener_id = NULL, preferred_until = NULL
 WHERE contact_id = $1 AND state = 'waiting' AND turn = $3 AND line_id = ANY ($4::text[])
RETURNING @coded@

-- name: answer
-- The caller and the listener are together. The contact is locked by the caller of this.
UPDATE contact
   SET waited_ms = @waited@, answered_at = coalesce(answered_at, $2), lost_at = NULL,
       version = version + 1, changed_at = $2
 WHERE contact_id = $1 AND state = 'active'
RETURNING @coded@

-- name: wait_again
-- active to waiting: a new turn, the same queued_at. $3 = a head start in ms, given once.
-- What was waited since the last turn began is kept when somebody had answered before it.
-- $6 = she was only being connected: the same wait goes on, so its escalation steps stay done.
-- $7 = her desk lost somebody she talked with: said until somebody else answers.
UPDATE contact
   SET state = 'waiting', turn = turn + 1, version = version + 1,
       waited_ms = CASE WHEN $6 AND answered_at IS NOT NULL THEN @waited@ ELSE waited_ms END,
       waiting_since = $2, changed_at = $2,
       rank = rank - CASE WHEN returned THEN 0 ELSE $3::bigint END,
       returned = returned OR $3::bigint > 0,
       escalations = CASE WHEN $6 THEN escalations ELSE 0 END,
       lost_at = CASE WHEN $7 THEN $2 ELSE lost_at END,
       preferred_listener_id = $4, preferred_until = $5
 WHERE contact_id = $1 AND state = 'active'
RETURNING @coded@

-- name: come_back
-- A visitor given up for away is there again: a new turn, her old place.
UPDATE contact
   SET state = 'waiting', turn = turn + 1, version = version + 1,
       waiting_since = $2, changed_at = $2, visitor_seen_at = $2,
       ended_at = NULL, closed_at = NULL, ended_by = NULL, end_reason = NULL, disposition = NULL,
       waited_ms = CASE WHEN answered_at IS NULL THEN NULL ELSE waited_ms END
 WHERE contact_id = $1 AND state = 'closed' AND channel = 'chat'
   AND disposition = 'abandoned' AND ended_by = 'away' AND shredded_at IS NULL
RETURNING @coded@

-- name: abandon
-- Gone before anybody answered this turn: closed at once, with how long they waited, to $2. One
-- whom a desk had lost is read as `lost_by_desk`, by `lost_at`: not given up by choice.
UPDATE contact
   SET state = 'closed', disposition = 'abandoned', waited_ms = @waited@,
       ended_at = $2, closed_at = $3, ended_by = $4, end_reason = $5,
       version = version + 1, changed_at = $3,
       preferred_listener_id = NULL, preferred_until = NULL
 WHERE contact_id = $1 AND state IN ('arriving', 'waiting', 'active')
RETURNING @coded@

-- name: finish
-- active to ended: the person is gone, the write-up is open.
UPDATE contact
   SET state = 'ended', ended_at = $2, ended_by = $4, end_reason = $5,
       version = version + 1, changed_at = $3
 WHERE contact_id = $1 AND state = 'active'
RETURNING @coded@

-- name: close
UPDATE contact
   SET state = 'closed', disposition = $2, non_content_code = $3, closed_at = $4,
       version = version + 1, changed_at = $4
 WHERE contact_id = $1 AND state = 'ended'
RETURNING @coded@

-- name: turn_away
-- Closed without a listener's work on it, to $2: sent elsewhere, or stuck and closed by staff.
UPDATE contact
   SET state = 'closed', disposition = $4, non_content_code = $5,
       waited_ms = CASE WHEN state IN ('arriving', 'waiting') THEN @waited@ ELSE waited_ms END,
       ended_at = coalesce(ended_at, $2), closed_at = $3,
       ended_by = coalesce(ended_by, $6), end_reason = coalesce(end_reason, $7),
       version = version + 1, changed_at = $3,
       preferred_listener_id = NULL, preferred_until = NULL
 WHERE contact_id = $1 AND state <> 'closed'
RETURNING @coded@

-- name: move
-- waiting to waiting elsewhere: a new turn, so what was offered of the old place is void. Its
-- time in waiting goes on; the rank moves by the difference of the urgencies.
UPDATE contact
   SET queue = $2, audience = $3, urgency = $4, urgency_source = $5,
       rank = rank - (band::bigint << 43) + head_start_ms + ($6::bigint << 43) - $7::bigint,
       band = $6, head_start_ms = $7, level = $8, needs = $9, home_queue = $10,
       widened_to = '{}', turn = turn + 1, version = version + 1, changed_at = $11,
       preferred_listener_id = NULL, preferred_until = NULL
 WHERE contact_id = $1 AND state = 'waiting'
RETURNING @coded@

-- name: hand_over
-- active to waiting for somebody else: a new turn and a new wait, the same queued_at. $14 who gave
-- them up.
UPDATE contact
   SET state = 'waiting', queue = $2, audience = $3, urgency = $4, urgency_source = $5,
       rank = rank - (band::bigint << 43) + head_start_ms + ($6::bigint << 43) - $7::bigint,
       band = $6, head_start_ms = $7, level = $8, needs = $9, home_queue = $10,
       widened_to = '{}', escalations = 0, turn = turn + 1, version = version + 1,
       waiting_since = $11, changed_at = $11, lost_at = NULL,
       given_up_by = array_append(array_remove(given_up_by, $14::uuid), $14::uuid),
       preferred_listener_id = $12, preferred_until = $13
 WHERE contact_id = $1 AND state = 'active'
RETURNING @coded@

-- name: assign
-- Kept for one listener until $3, and to the head: $4 = that head start in ms, given once.
-- A new turn, so that who refused it before may be offered it again.
UPDATE contact
   SET preferred_listener_id = $2, preferred_until = $3,
       rank = rank - CASE WHEN returned THEN 0 ELSE $4::bigint END,
       returned = returned OR $4::bigint > 0,
       turn = turn + 1, version = version + 1, changed_at = $5
 WHERE contact_id = $1 AND state = 'waiting'
RETURNING @coded@

-- name: escalate
-- A step's bit, set once in a wait: no row if it was, or if the contact waits no more.
-- $3 queues added, $4 whether its needs are given up.
UPDATE contact
   SET escalations = escalations | (1::bigint << $2::int),
       widened_to = ARRAY(SELECT DISTINCT added FROM unnest(widened_to || $3::text[]) AS added
                           WHERE added <> queue ORDER BY added),
       needs = CASE WHEN $4 THEN '{}' ELSE needs END,
       version = version + 1, changed_at = $5
 WHERE contact_id = $1 AND state = 'waiting' AND escalations & (1::bigint << $2::int) = 0
RETURNING @coded@

-- name: touch
-- Something kept beside the row changed: whoever shows the contact reads it again.
UPDATE contact SET version = version + 1, changed_at = $2 WHERE contact_id = $1
RETURNING @coded@

-- name: forget_factors
-- Take away what was said before of these factors. $2 factors.
DELETE FROM contact_fact
 WHERE contact_id = $1 AND value = ANY ($2::text[])
   AND fact IN ('urgency_factor', 'urgency_factor_no', 'urgency_factor_unknown')

-- name: keep_factors
-- $3 facts and $4 factors, pairwise.
INSERT INTO contact_fact (contact_id, fact, value, line_id)
SELECT $1, fact, value, $2 FROM unnest($3::text[], $4::text[]) AS kept (fact, value)
ON CONFLICT DO NOTHING

-- name: close_conversation
-- Nothing is written after it: writing locks the same row and reads `open`.
UPDATE conversation SET open = false WHERE contact_id = $1 AND open

-- name: reopen_conversation
UPDATE conversation SET open = true WHERE contact_id = $1 AND NOT open

-- name: is_in_a_case
SELECT EXISTS (SELECT FROM case_contact WHERE contact_id = $1)

-- name: add_event
-- Once per kind and offer when it is about an offer; a repeat adds nothing.
INSERT INTO contact_event (event_id, line_id, contact_id, kind, at, actor_kind, staff_id,
                           offer_id, engagement_id, turn, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (contact_id, kind, offer_id) WHERE offer_id IS NOT NULL DO NOTHING

-- name: record
-- What an act of staff did, in the history and in the trail, in one statement. Of the events:
-- $7 ids, $8 kinds, $9 engagements, $10 details; the row of the trail from $11 on.
WITH told AS (
    INSERT INTO contact_event (event_id, line_id, contact_id, kind, at, actor_kind, staff_id,
                               engagement_id, turn, detail)
    SELECT event_id, $1, $2, kind, $3, $4, $5, engagement_id, $6, detail::jsonb
      FROM unnest($7::uuid[], $8::text[], $9::uuid[], $10::text[])
           AS event (event_id, kind, engagement_id, detail)
), written AS (
    INSERT INTO audit (audit_id, at, actor_kind, staff_id, session_id, action,
                       object_kind, object_id, line_id, detail, hmac)
    VALUES ($11, $3, $4, $5, $12, $13, 'contact', $2, $1, $14, $15)
    RETURNING audit_id
)
INSERT INTO audit_unsealed (audit_id) SELECT audit_id FROM written

-- name: note_event
-- The same, for something that changes no state: turn and line are read from the contact.
INSERT INTO contact_event (event_id, line_id, contact_id, kind, at, actor_kind, staff_id,
                           offer_id, turn, detail)
SELECT $2, line_id, contact_id, $3, $4, $5, $6, $7, turn, $8 FROM contact WHERE contact_id = $1
ON CONFLICT (contact_id, kind, offer_id) WHERE offer_id IS NOT NULL DO NOTHING

-- name: seen_all
-- Signs of life of many visitors at once; not changes of the contacts, so their versions stay,
-- and never moved back. $1 contact ids, $2 now.
UPDATE contact SET visitor_seen_at = $2
 WHERE contact_id = ANY ($1::uuid[]) AND channel = 'chat' AND state <> 'closed'
   AND visitor_seen_at < $2

-- name: readmit
-- A caller who was turned away and declares danger before hanging up waits after all.
UPDATE contact
   SET state = 'waiting', queue = $2, urgency = $3, urgency_source = $4, band = $5,
       head_start_ms = $6, rank = $7, level = $8, home_queue = NULL,
       turn = turn + 1, version = version + 1,
       queued_at = $9, waiting_since = $9, changed_at = $9,
       ended_at = NULL, closed_at = NULL, ended_by = NULL, end_reason = NULL,
       disposition = NULL, waited_ms = NULL
 WHERE contact_id = $1 AND state = 'closed' AND disposition = 'deterred' AND channel = 'call'
   AND shredded_at IS NULL
RETURNING @coded@
