-- The audit trail with its seals; the data keys, in a schema of their own.

CREATE SCHEMA keys;

CREATE TABLE audit (
    audit_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor_kind VARCHAR NOT NULL,
    staff_id UUID,
    session_id UUID,
    action VARCHAR NOT NULL,
    object_kind VARCHAR NOT NULL,
    object_id UUID,
    line_id VARCHAR,
    detail JSONB NOT NULL,
    hmac BYTEA NOT NULL,
    CONSTRAINT audit_pkey PRIMARY KEY (audit_id),
    CONSTRAINT audit_actor_kind_check CHECK (actor_kind IN ('staff', 'correspondent', 'system'))
);

CREATE INDEX audit_object_id_at_idx ON audit (object_id, at);

CREATE INDEX audit_staff_id_at_idx ON audit (staff_id, at);

CREATE TABLE audit_unsealed (
    audit_id UUID NOT NULL,
    CONSTRAINT audit_unsealed_pkey PRIMARY KEY (audit_id),
    CONSTRAINT audit_unsealed_audit_id_fkey FOREIGN KEY(audit_id) REFERENCES audit (audit_id)
);

CREATE TABLE audit_seal (
    seq BIGINT NOT NULL,
    covered UUID[] NOT NULL,
    rows_hash BYTEA NOT NULL,
    chain BYTEA NOT NULL,
    sealed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT audit_seal_pkey PRIMARY KEY (seq)
);

CREATE TABLE keys.data_key (
    key_id UUID NOT NULL,
    owner_kind VARCHAR NOT NULL,
    owner_id UUID NOT NULL,
    line_id VARCHAR,
    wrapped BYTEA,
    kek_id VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    destroyed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT data_key_pkey PRIMARY KEY (key_id),
    CONSTRAINT data_key_destroyed_check CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);

CREATE INDEX data_key_kek_id_idx ON keys.data_key (kek_id) WHERE destroyed_at IS NULL;

CREATE UNIQUE INDEX data_key_one_live ON keys.data_key (owner_kind, owner_id) WHERE destroyed_at IS NULL;

CREATE TABLE keys.check_value (
    name VARCHAR NOT NULL,
    value BYTEA NOT NULL,
    set_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT check_value_pkey PRIMARY KEY (name)
);
