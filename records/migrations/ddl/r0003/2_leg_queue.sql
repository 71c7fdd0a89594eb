-- How long a listener's leg waits for the account's calls a second before it rings. Expand only: a
-- constant default, and the release before goes on writing without it.

ALTER TABLE engagement ADD COLUMN leg_queue_ms BIGINT DEFAULT '0' NOT NULL;
