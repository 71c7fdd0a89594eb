-- Cases, correspondents, persons, and the blind index over sealed words.

CREATE TABLE case_file (
    retention_class VARCHAR,
    retain_until TIMESTAMP WITH TIME ZONE,
    legal_hold BOOLEAN DEFAULT 'false' NOT NULL,
    shredded_at TIMESTAMP WITH TIME ZONE,
    case_id UUID NOT NULL,
    line_id VARCHAR NOT NULL,
    reference VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    label_sealed BYTEA,
    department VARCHAR,
    follower_id UUID,
    version BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    close_reason VARCHAR,
    CONSTRAINT case_file_pkey PRIMARY KEY (case_id),
    CONSTRAINT case_file_state_check CHECK (state IN ('ouverte', 'en_suivi', 'attente_crip', 'attente_appelant', 'a_valider', 'close', 'reouverte')),
    CONSTRAINT case_file_closed_check CHECK ((state = 'close') = (closed_at IS NOT NULL)),
    CONSTRAINT case_file_line_id_fkey FOREIGN KEY(line_id) REFERENCES line (line_id),
    CONSTRAINT case_file_reference_key UNIQUE (reference),
    CONSTRAINT case_file_follower_id_fkey FOREIGN KEY(follower_id) REFERENCES staff (staff_id),
    CONSTRAINT case_file_created_by_fkey FOREIGN KEY(created_by) REFERENCES staff (staff_id)
);

CREATE INDEX case_file_follower_id_idx ON case_file (follower_id);

CREATE INDEX case_file_line_id_created_at_idx ON case_file (line_id, created_at);

CREATE TABLE case_contact (
    case_id UUID NOT NULL,
    contact_id UUID NOT NULL,
    line_id VARCHAR NOT NULL,
    attached_at TIMESTAMP WITH TIME ZONE NOT NULL,
    attached_by UUID NOT NULL,
    CONSTRAINT case_contact_pkey PRIMARY KEY (case_id, contact_id),
    CONSTRAINT case_contact_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (case_id),
    CONSTRAINT case_contact_contact_id_fkey FOREIGN KEY(contact_id) REFERENCES contact (contact_id),
    CONSTRAINT case_contact_attached_by_fkey FOREIGN KEY(attached_by) REFERENCES staff (staff_id)
);

CREATE INDEX case_contact_contact_id_idx ON case_contact (contact_id);

CREATE TABLE correspondent (
    retention_class VARCHAR,
    retain_until TIMESTAMP WITH TIME ZONE,
    legal_hold BOOLEAN DEFAULT 'false' NOT NULL,
    shredded_at TIMESTAMP WITH TIME ZONE,
    correspondent_id UUID NOT NULL,
    line_id VARCHAR NOT NULL,
    audience VARCHAR NOT NULL,
    identity_sealed BYTEA,
    number_hmac BYTEA,
    number_sealed BYTEA,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT correspondent_pkey PRIMARY KEY (correspondent_id),
    CONSTRAINT correspondent_line_id_fkey FOREIGN KEY(line_id) REFERENCES line (line_id)
);

CREATE INDEX correspondent_number_hmac_idx ON correspondent (number_hmac) WHERE number_hmac IS NOT NULL;

CREATE TABLE contact_correspondent (
    contact_id UUID NOT NULL,
    correspondent_id UUID NOT NULL,
    line_id VARCHAR NOT NULL,
    CONSTRAINT contact_correspondent_pkey PRIMARY KEY (contact_id, correspondent_id),
    CONSTRAINT contact_correspondent_contact_id_fkey FOREIGN KEY(contact_id) REFERENCES contact (contact_id),
    CONSTRAINT contact_correspondent_correspondent_id_fkey FOREIGN KEY(correspondent_id) REFERENCES correspondent (correspondent_id)
);

CREATE INDEX contact_correspondent_correspondent_id_idx ON contact_correspondent (correspondent_id);

CREATE TABLE person (
    retention_class VARCHAR,
    retain_until TIMESTAMP WITH TIME ZONE,
    legal_hold BOOLEAN DEFAULT 'false' NOT NULL,
    shredded_at TIMESTAMP WITH TIME ZONE,
    person_id UUID NOT NULL,
    line_id VARCHAR NOT NULL,
    identity_sealed BYTEA,
    age_band VARCHAR,
    gender VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT person_pkey PRIMARY KEY (person_id),
    CONSTRAINT person_line_id_fkey FOREIGN KEY(line_id) REFERENCES line (line_id)
);

CREATE TABLE case_person (
    case_id UUID NOT NULL,
    person_id UUID NOT NULL,
    line_id VARCHAR NOT NULL,
    relation VARCHAR NOT NULL,
    CONSTRAINT case_person_pkey PRIMARY KEY (case_id, person_id),
    CONSTRAINT case_person_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (case_id),
    CONSTRAINT case_person_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (person_id)
);

CREATE INDEX case_person_person_id_idx ON case_person (person_id);

CREATE TABLE contact_person (
    contact_id UUID NOT NULL,
    person_id UUID NOT NULL,
    line_id VARCHAR NOT NULL,
    relation VARCHAR NOT NULL,
    CONSTRAINT contact_person_pkey PRIMARY KEY (contact_id, person_id),
    CONSTRAINT contact_person_contact_id_fkey FOREIGN KEY(contact_id) REFERENCES contact (contact_id),
    CONSTRAINT contact_person_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (person_id)
);

CREATE INDEX contact_person_person_id_idx ON contact_person (person_id);

CREATE TABLE blind_index (
    line_id VARCHAR NOT NULL,
    field VARCHAR NOT NULL,
    token BYTEA NOT NULL,
    object_kind VARCHAR NOT NULL,
    object_id UUID NOT NULL,
    CONSTRAINT blind_index_pkey PRIMARY KEY (line_id, field, token, object_kind, object_id)
);

CREATE INDEX blind_index_object_id_idx ON blind_index (object_id);
