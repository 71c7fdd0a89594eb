-- What a loop set aside because it kept failing, for whoever supervises to see. Expand only: a new
-- table, unknown to the release before.

CREATE TABLE set_aside (
    loop VARCHAR NOT NULL,
    act VARCHAR NOT NULL,
    item UUID NOT NULL,
    contact_id UUID,
    listener_id UUID,
    error VARCHAR NOT NULL,
    failures INTEGER NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT set_aside_pkey PRIMARY KEY (loop, act, item)
);

CREATE INDEX set_aside_last_at_idx ON set_aside (last_at);
