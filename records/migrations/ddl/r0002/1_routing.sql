-- Routing in depth: levels, needs, escalation, follow-ups, supervisors' overrides. Expand only:
-- a version that knows 0001 alone goes on writing, each new column having its default.

ALTER TABLE contact
    ADD COLUMN level VARCHAR DEFAULT 'ecoute' NOT NULL,
    ADD COLUMN needs TEXT[] DEFAULT '{}' NOT NULL,
    ADD COLUMN widened_to TEXT[] DEFAULT '{}' NOT NULL,
    ADD COLUMN escalations BIGINT DEFAULT '0' NOT NULL,
    ADD COLUMN home_queue VARCHAR,
    ADD CONSTRAINT contact_level_check CHECK (level IN ('pre_accueil', 'ecoute')),
    DROP CONSTRAINT contact_disposition_check,
    ADD CONSTRAINT contact_disposition_check CHECK (disposition IN ('treated', 'abandoned', 'deterred', 'handed_outside', 'callback', 'non_content')),
    DROP CONSTRAINT contact_urgency_source_check,
    ADD CONSTRAINT contact_urgency_source_check CHECK (urgency_source IN ('declared', 'system', 'factors', 'listener', 'coordinator'));

CREATE INDEX contact_waiting_queued_at_idx ON contact (queued_at) WHERE state = 'waiting';

ALTER TABLE contact_event
    DROP CONSTRAINT contact_event_kind_check,
    ADD CONSTRAINT contact_event_kind_check CHECK (kind IN ('arrived', 'queued', 'offered', 'offer_seen', 'offer_declined', 'offer_expired', 'offer_unseen', 'offer_withdrawn', 'round_exhausted', 'accepted', 'connected', 'not_connected', 'returned', 'urgency_raised', 'urgency_confirmed', 'urgency_corrected', 'ended', 'closed', 'form_saved', 'case_attached', 'case_detached', 'factors_ticked', 'escalated', 'moved', 'taken_in', 'handed_over', 'assigned', 'follow_up_created', 'callback_agreed'));

ALTER TABLE engagement
    ADD COLUMN queue VARCHAR,
    ADD COLUMN waited_ms BIGINT,
    ADD COLUMN wrap_up_extensions SMALLINT DEFAULT '0' NOT NULL;

ALTER TABLE listener
    ADD COLUMN until TIMESTAMP WITH TIME ZONE,
    ADD COLUMN hard_contacts SMALLINT DEFAULT '0' NOT NULL,
    ADD COLUMN chats_beside_call SMALLINT DEFAULT '0' NOT NULL,
    DROP CONSTRAINT listener_state_check,
    ADD CONSTRAINT listener_state_check CHECK (state IN ('ready', 'break', 'offline', 'asked', 'check_audio', 'leaving'));

ALTER TABLE presence_event
    DROP CONSTRAINT presence_event_state_check,
    ADD CONSTRAINT presence_event_state_check CHECK (state IN ('ready', 'break', 'offline', 'asked', 'check_audio', 'leaving'));

CREATE TABLE follow_up (
    follow_up_id UUID NOT NULL,
    line_id VARCHAR NOT NULL,
    contact_id UUID NOT NULL,
    kind VARCHAR NOT NULL,
    queue VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    note_code VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID,
    claimed_by UUID,
    claimed_at TIMESTAMP WITH TIME ZONE,
    done_at TIMESTAMP WITH TIME ZONE,
    done_by UUID,
    outcome_code VARCHAR,
    version BIGINT NOT NULL,
    CONSTRAINT follow_up_pkey PRIMARY KEY (follow_up_id),
    CONSTRAINT follow_up_kind_check CHECK (kind IN ('callback', 'specialist')),
    CONSTRAINT follow_up_state_check CHECK (state IN ('open', 'claimed', 'done', 'dropped')),
    CONSTRAINT follow_up_claimed_check CHECK ((claimed_by IS NULL) = (claimed_at IS NULL) AND (state <> 'claimed' OR claimed_by IS NOT NULL)),
    CONSTRAINT follow_up_over_check CHECK ((state IN ('done', 'dropped')) = (done_at IS NOT NULL AND done_by IS NOT NULL)),
    CONSTRAINT follow_up_contact_id_kind_key UNIQUE (contact_id, kind),
    CONSTRAINT follow_up_line_id_fkey FOREIGN KEY(line_id) REFERENCES line (line_id),
    CONSTRAINT follow_up_contact_id_fkey FOREIGN KEY(contact_id) REFERENCES contact (contact_id),
    CONSTRAINT follow_up_created_by_fkey FOREIGN KEY(created_by) REFERENCES staff (staff_id),
    CONSTRAINT follow_up_claimed_by_fkey FOREIGN KEY(claimed_by) REFERENCES staff (staff_id),
    CONSTRAINT follow_up_done_by_fkey FOREIGN KEY(done_by) REFERENCES staff (staff_id)
);

CREATE INDEX presence_event_at_idx ON presence_event (at);

CREATE INDEX follow_up_open_idx ON follow_up (line_id, due_at) WHERE state IN ('open', 'claimed');

CREATE TABLE queue_override (
    override_id UUID NOT NULL,
    line_id VARCHAR NOT NULL,
    queue VARCHAR NOT NULL,
    channel VARCHAR,
    kind VARCHAR NOT NULL,
    texts JSONB,
    until TIMESTAMP WITH TIME ZONE,
    set_by UUID NOT NULL,
    set_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lifted_at TIMESTAMP WITH TIME ZONE,
    lifted_by UUID,
    CONSTRAINT queue_override_pkey PRIMARY KEY (override_id),
    CONSTRAINT queue_override_channel_check CHECK (channel IN ('call', 'chat')),
    CONSTRAINT queue_override_kind_check CHECK (kind IN ('closed', 'message')),
    CONSTRAINT queue_override_message_check CHECK (kind <> 'message' OR texts IS NOT NULL),
    CONSTRAINT queue_override_lifted_check CHECK ((lifted_at IS NULL) = (lifted_by IS NULL)),
    CONSTRAINT queue_override_line_id_fkey FOREIGN KEY(line_id) REFERENCES line (line_id),
    CONSTRAINT queue_override_set_by_fkey FOREIGN KEY(set_by) REFERENCES staff (staff_id),
    CONSTRAINT queue_override_lifted_by_fkey FOREIGN KEY(lifted_by) REFERENCES staff (staff_id)
);

CREATE UNIQUE INDEX queue_override_one_in_force ON queue_override (line_id, queue, channel, kind) NULLS NOT DISTINCT WHERE lifted_at IS NULL;
