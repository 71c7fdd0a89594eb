-- Who gave a contact up, and when a desk lost it. Expand only: a version that knows 0002 goes on
-- writing, each new column having its default. It never meets the new disposition: a contact that
-- a desk lost is stored as abandoned, with `lost_at`, and read as lost by who knows both.

ALTER TABLE contact
    ADD COLUMN given_up_by UUID[] DEFAULT '{}' NOT NULL,
    ADD COLUMN lost_at TIMESTAMP WITH TIME ZONE,
    DROP CONSTRAINT contact_disposition_check,
    ADD CONSTRAINT contact_disposition_check CHECK (disposition IN ('treated', 'abandoned', 'deterred', 'handed_outside', 'lost_by_desk', 'callback', 'non_content'));

ALTER TABLE engagement
    ADD COLUMN lost_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN loss_seen_at TIMESTAMP WITH TIME ZONE;

CREATE INDEX engagement_loss_unseen_idx ON engagement (listener_id) WHERE lost_at IS NOT NULL AND loss_seen_at IS NULL;
