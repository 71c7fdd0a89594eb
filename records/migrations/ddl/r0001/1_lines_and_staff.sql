-- Lines, configurations and forms once in force; staff, sessions, presence.

CREATE TABLE line (
    line_id VARCHAR NOT NULL,
    pool VARCHAR NOT NULL,
    names JSONB NOT NULL,
    timezone VARCHAR NOT NULL,
    registered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT line_pkey PRIMARY KEY (line_id)
);

CREATE TABLE config_version (
    hash VARCHAR NOT NULL,
    content JSONB NOT NULL,
    first_used_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT config_version_pkey PRIMARY KEY (hash)
);

CREATE TABLE form_version (
    form_id VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    content JSONB NOT NULL,
    first_used_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT form_version_pkey PRIMARY KEY (form_id, version)
);

CREATE TABLE staff (
    staff_id UUID NOT NULL,
    subject VARCHAR,
    login VARCHAR NOT NULL,
    display_name VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    password_hash VARCHAR,
    totp_sealed BYTEA,
    totp_last_step BIGINT,
    profile_id VARCHAR,
    max_chats INTEGER NOT NULL,
    active BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT staff_pkey PRIMARY KEY (staff_id),
    CONSTRAINT staff_role_check CHECK (role IN ('listener', 'coordinator', 'supervisor', 'administrator', 'data_officer', 'analyst')),
    CONSTRAINT staff_subject_key UNIQUE (subject),
    CONSTRAINT staff_login_key UNIQUE (login)
);

CREATE TABLE staff_line (
    staff_id UUID NOT NULL,
    line_id VARCHAR NOT NULL,
    CONSTRAINT staff_line_pkey PRIMARY KEY (staff_id, line_id),
    CONSTRAINT staff_line_staff_id_fkey FOREIGN KEY(staff_id) REFERENCES staff (staff_id),
    CONSTRAINT staff_line_line_id_fkey FOREIGN KEY(line_id) REFERENCES line (line_id)
);

CREATE TABLE staff_skill (
    staff_id UUID NOT NULL,
    skill VARCHAR NOT NULL,
    CONSTRAINT staff_skill_pkey PRIMARY KEY (staff_id, skill),
    CONSTRAINT staff_skill_staff_id_fkey FOREIGN KEY(staff_id) REFERENCES staff (staff_id)
);

CREATE TABLE staff_session (
    session_id UUID NOT NULL,
    staff_id UUID NOT NULL,
    token_hash BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT staff_session_pkey PRIMARY KEY (session_id),
    CONSTRAINT staff_session_staff_id_fkey FOREIGN KEY(staff_id) REFERENCES staff (staff_id),
    CONSTRAINT staff_session_token_hash_key UNIQUE (token_hash)
);

CREATE INDEX staff_session_staff_id_idx ON staff_session (staff_id);

CREATE TABLE live_ticket (
    ticket_hash BYTEA NOT NULL,
    session_id UUID NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT live_ticket_pkey PRIMARY KEY (ticket_hash),
    CONSTRAINT live_ticket_session_id_fkey FOREIGN KEY(session_id) REFERENCES staff_session (session_id)
);

CREATE INDEX live_ticket_expires_at_idx ON live_ticket (expires_at);

CREATE TABLE listener (
    staff_id UUID NOT NULL,
    session_id UUID NOT NULL,
    state VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    version BIGINT NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    profile_id VARCHAR NOT NULL,
    max_chats INTEGER NOT NULL,
    missed_offers INTEGER NOT NULL,
    CONSTRAINT listener_pkey PRIMARY KEY (staff_id),
    CONSTRAINT listener_state_check CHECK (state IN ('ready', 'break', 'offline', 'asked', 'check_audio')),
    CONSTRAINT listener_staff_id_fkey FOREIGN KEY(staff_id) REFERENCES staff (staff_id)
);

CREATE TABLE presence_event (
    event_id UUID NOT NULL,
    staff_id UUID NOT NULL,
    session_id UUID NOT NULL,
    state VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    version BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT presence_event_pkey PRIMARY KEY (event_id),
    CONSTRAINT presence_event_state_check CHECK (state IN ('ready', 'break', 'offline', 'asked', 'check_audio')),
    CONSTRAINT presence_event_staff_id_fkey FOREIGN KEY(staff_id) REFERENCES staff (staff_id)
);

CREATE INDEX presence_event_staff_id_at_idx ON presence_event (staff_id, at);
