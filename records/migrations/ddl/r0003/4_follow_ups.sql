-- A talk with the coordination, asked for in a write-up.

ALTER TABLE follow_up
    DROP CONSTRAINT follow_up_kind_check,
    ADD CONSTRAINT follow_up_kind_check CHECK (kind IN ('callback', 'specialist', 'debrief'));
