-- Contacts and their events, engagements, conversations, write-ups.

CREATE TABLE contact (
    retention_class VARCHAR,
    retain_until TIMESTAMP WITH TIME ZONE,
    legal_hold BOOLEAN DEFAULT 'false' NOT NULL,
    shredded_at TIMESTAMP WITH TIME ZONE,
    contact_id UUID NOT NULL,
    line_id VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    queue VARCHAR,
    language VARCHAR NOT NULL,
    audience VARCHAR NOT NULL,
    department VARCHAR,
    urgency SMALLINT,
    urgency_source VARCHAR,
    urgency_confirmed_at TIMESTAMP WITH TIME ZONE,
    band SMALLINT,
    head_start_ms BIGINT NOT NULL,
    rank BIGINT,
    returned BOOLEAN NOT NULL,
    turn BIGINT NOT NULL,
    version BIGINT NOT NULL,
    arrived_at TIMESTAMP WITH TIME ZONE NOT NULL,
    queued_at TIMESTAMP WITH TIME ZONE,
    waiting_since TIMESTAMP WITH TIME ZONE,
    answered_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    disposition VARCHAR,
    non_content_code VARCHAR,
    ended_by VARCHAR,
    end_reason VARCHAR,
    waited_ms BIGINT,
    account_sid VARCHAR,
    call_sid VARCHAR,
    number_hmac BYTEA,
    number_sealed BYTEA,
    visitor_token_hash BYTEA,
    visitor_seen_at TIMESTAMP WITH TIME ZONE,
    preferred_listener_id UUID,
    preferred_until TIMESTAMP WITH TIME ZONE,
    config_version VARCHAR NOT NULL,
    CONSTRAINT contact_pkey PRIMARY KEY (contact_id),
    CONSTRAINT contact_account_sid_call_sid_key UNIQUE (account_sid, call_sid),
    CONSTRAINT contact_channel_check CHECK (channel IN ('call', 'chat')),
    CONSTRAINT contact_state_check CHECK (state IN ('arriving', 'waiting', 'active', 'ended', 'closed')),
    CONSTRAINT contact_audience_check CHECK (audience IN ('minor', 'relative', 'professional', 'unknown')),
    CONSTRAINT contact_urgency_source_check CHECK (urgency_source IN ('declared', 'system', 'listener', 'coordinator')),
    CONSTRAINT contact_disposition_check CHECK (disposition IN ('treated', 'abandoned', 'deterred', 'handed_outside', 'non_content')),
    CONSTRAINT contact_ended_by_check CHECK (ended_by IN ('correspondent', 'listener', 'coordinator', 'away', 'carrier', 'system')),
    CONSTRAINT contact_urgency_check CHECK (urgency BETWEEN 1 AND 5),
    CONSTRAINT contact_band_check CHECK (band IN (0, 1)),
    CONSTRAINT contact_placed_check CHECK (state NOT IN ('waiting', 'active') OR (queue IS NOT NULL AND urgency IS NOT NULL AND rank IS NOT NULL AND queued_at IS NOT NULL AND waiting_since IS NOT NULL)),
    CONSTRAINT contact_ended_check CHECK ((state IN ('ended', 'closed')) = (ended_at IS NOT NULL AND ended_by IS NOT NULL)),
    CONSTRAINT contact_closed_check CHECK ((state = 'closed') = (closed_at IS NOT NULL AND disposition IS NOT NULL)),
    CONSTRAINT contact_call_check CHECK ((channel = 'call') = (call_sid IS NOT NULL)),
    CONSTRAINT contact_chat_check CHECK ((channel = 'chat') = (visitor_token_hash IS NOT NULL)),
    CONSTRAINT contact_line_id_fkey FOREIGN KEY(line_id) REFERENCES line (line_id),
    CONSTRAINT contact_visitor_token_hash_key UNIQUE (visitor_token_hash),
    CONSTRAINT contact_preferred_listener_id_fkey FOREIGN KEY(preferred_listener_id) REFERENCES staff (staff_id),
    CONSTRAINT contact_config_version_fkey FOREIGN KEY(config_version) REFERENCES config_version (hash)
);

CREATE INDEX contact_away_idx ON contact (visitor_seen_at) WHERE state = 'waiting' AND channel = 'chat';

CREATE INDEX contact_changed_at_idx ON contact (changed_at);

CREATE INDEX contact_line_id_arrived_at_idx ON contact (line_id, arrived_at);

CREATE INDEX contact_not_closed_idx ON contact (contact_id) WHERE state <> 'closed';

CREATE INDEX contact_number_hmac_idx ON contact (number_hmac, arrived_at) WHERE number_hmac IS NOT NULL;

CREATE INDEX contact_retain_until_idx ON contact (retain_until) WHERE retain_until IS NOT NULL AND shredded_at IS NULL;

CREATE INDEX contact_waiting_idx ON contact (line_id, rank) WHERE state = 'waiting';

CREATE TABLE contact_fact (
    contact_id UUID NOT NULL,
    fact VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    line_id VARCHAR NOT NULL,
    CONSTRAINT contact_fact_pkey PRIMARY KEY (contact_id, fact, value),
    CONSTRAINT contact_fact_contact_id_fkey FOREIGN KEY(contact_id) REFERENCES contact (contact_id)
);

CREATE TABLE contact_event (
    event_id UUID NOT NULL,
    line_id VARCHAR NOT NULL,
    contact_id UUID NOT NULL,
    kind VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor_kind VARCHAR NOT NULL,
    staff_id UUID,
    offer_id UUID,
    engagement_id UUID,
    turn BIGINT NOT NULL,
    detail JSONB NOT NULL,
    CONSTRAINT contact_event_pkey PRIMARY KEY (event_id),
    CONSTRAINT contact_event_kind_check CHECK (kind IN ('arrived', 'queued', 'offered', 'offer_seen', 'offer_declined', 'offer_expired', 'offer_unseen', 'offer_withdrawn', 'round_exhausted', 'accepted', 'connected', 'not_connected', 'returned', 'urgency_raised', 'urgency_confirmed', 'urgency_corrected', 'ended', 'closed', 'form_saved', 'case_attached', 'case_detached')),
    CONSTRAINT contact_event_actor_kind_check CHECK (actor_kind IN ('staff', 'correspondent', 'system')),
    CONSTRAINT contact_event_contact_id_fkey FOREIGN KEY(contact_id) REFERENCES contact (contact_id)
);

CREATE INDEX contact_event_contact_id_event_id_idx ON contact_event (contact_id, event_id);

CREATE INDEX contact_event_line_id_at_idx ON contact_event (line_id, at);

CREATE UNIQUE INDEX contact_event_once_per_offer ON contact_event (contact_id, kind, offer_id) WHERE offer_id IS NOT NULL;

CREATE TABLE engagement (
    engagement_id UUID NOT NULL,
    contact_id UUID NOT NULL,
    line_id VARCHAR NOT NULL,
    listener_id UUID NOT NULL,
    session_id UUID NOT NULL,
    channel VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    level VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    turn BIGINT NOT NULL,
    step VARCHAR NOT NULL,
    step_due_at TIMESTAMP WITH TIME ZONE,
    step_attempts INTEGER NOT NULL,
    conference_name VARCHAR,
    conference_sid VARCHAR,
    leg_call_sid VARCHAR,
    accepted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    talking_at TIMESTAMP WITH TIME ZONE,
    wrap_up_at TIMESTAMP WITH TIME ZONE,
    wrap_up_until TIMESTAMP WITH TIME ZONE,
    done_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT engagement_pkey PRIMARY KEY (engagement_id),
    CONSTRAINT engagement_channel_check CHECK (channel IN ('call', 'chat')),
    CONSTRAINT engagement_state_check CHECK (state IN ('connecting', 'talking', 'wrap_up', 'done', 'not_connected', 'handed_over')),
    CONSTRAINT engagement_level_check CHECK (level IN ('pre_accueil', 'ecoute')),
    CONSTRAINT engagement_role_check CHECK (role IN ('primary')),
    CONSTRAINT engagement_step_check CHECK (step IN ('call_listener', 'listener_ringing', 'bring_caller', 'caller_joining', 'hang_up', 'none')),
    CONSTRAINT engagement_contact_id_fkey FOREIGN KEY(contact_id) REFERENCES contact (contact_id),
    CONSTRAINT engagement_listener_id_fkey FOREIGN KEY(listener_id) REFERENCES staff (staff_id)
);

CREATE UNIQUE INDEX engagement_conference_name_idx ON engagement (conference_name) WHERE conference_name IS NOT NULL;

CREATE INDEX engagement_contact_id_accepted_at_idx ON engagement (contact_id, accepted_at);

CREATE INDEX engagement_leg_call_sid_idx ON engagement (leg_call_sid) WHERE leg_call_sid IS NOT NULL;

CREATE UNIQUE INDEX engagement_one_listener ON engagement (contact_id) WHERE role = 'primary' AND state IN ('connecting', 'talking');

CREATE UNIQUE INDEX engagement_one_open_call ON engagement (listener_id) WHERE channel = 'call' AND state IN ('connecting', 'talking');

CREATE INDEX engagement_open_by_listener_idx ON engagement (listener_id) WHERE state IN ('connecting', 'talking', 'wrap_up');

CREATE INDEX engagement_step_due_at_idx ON engagement (step_due_at) WHERE step_due_at IS NOT NULL;

CREATE TABLE conversation (
    contact_id UUID NOT NULL,
    line_id VARCHAR NOT NULL,
    head_seq BIGINT NOT NULL,
    open BOOLEAN NOT NULL,
    visitor_read_seq BIGINT NOT NULL,
    listener_read_seq BIGINT NOT NULL,
    CONSTRAINT conversation_pkey PRIMARY KEY (contact_id),
    CONSTRAINT conversation_contact_id_fkey FOREIGN KEY(contact_id) REFERENCES contact (contact_id)
);

CREATE TABLE message (
    contact_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    line_id VARCHAR NOT NULL,
    sender VARCHAR NOT NULL,
    staff_id UUID,
    cid UUID NOT NULL,
    kind VARCHAR NOT NULL,
    visibility VARCHAR NOT NULL,
    body_sealed BYTEA NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT message_pkey PRIMARY KEY (contact_id, seq),
    CONSTRAINT message_contact_id_sender_cid_key UNIQUE (contact_id, sender, cid),
    CONSTRAINT message_sender_check CHECK (sender IN ('visitor', 'listener', 'system')),
    CONSTRAINT message_kind_check CHECK (kind IN ('text', 'system', 'whisper')),
    CONSTRAINT message_visibility_check CHECK (visibility IN ('all', 'staff')),
    CONSTRAINT message_whisper_check CHECK (kind <> 'whisper' OR visibility = 'staff'),
    CONSTRAINT message_seq_check CHECK (seq > 0),
    CONSTRAINT message_contact_id_fkey FOREIGN KEY(contact_id) REFERENCES conversation (contact_id),
    CONSTRAINT message_staff_id_fkey FOREIGN KEY(staff_id) REFERENCES staff (staff_id)
);

CREATE TABLE contact_form (
    contact_id UUID NOT NULL,
    line_id VARCHAR NOT NULL,
    form_id VARCHAR NOT NULL,
    form_version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    coded JSONB NOT NULL,
    sealed BYTEA,
    saved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    saved_by UUID,
    CONSTRAINT contact_form_pkey PRIMARY KEY (contact_id),
    CONSTRAINT contact_form_form_id_form_version_fkey FOREIGN KEY(form_id, form_version) REFERENCES form_version (form_id, version),
    CONSTRAINT contact_form_contact_id_fkey FOREIGN KEY(contact_id) REFERENCES contact (contact_id),
    CONSTRAINT contact_form_saved_by_fkey FOREIGN KEY(saved_by) REFERENCES staff (staff_id)
);
