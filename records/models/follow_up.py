"""What is owed after a contact: a callback, or the specialists' own look."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from config.vocabulary import FollowUpKind, FollowUpState
from records.models.columns import Row, big, instant, instant_or_none, one_of


class FollowUp(Row, table=True):
    """A task of a queue about a contact; one of each kind for a contact. No free text."""

    __tablename__ = "follow_up"
    __table_args__ = (
        one_of("kind", FollowUpKind),
        one_of("state", FollowUpState),
        CheckConstraint(
            "(claimed_by IS NULL) = (claimed_at IS NULL)"
            " AND (state <> 'claimed' OR claimed_by IS NOT NULL)",
            name="claimed",
        ),
        CheckConstraint(
            "(state IN ('done', 'dropped')) = (done_at IS NOT NULL AND done_by IS NOT NULL)",
            name="over",
        ),
        UniqueConstraint("contact_id", "kind"),
        Index(
            "follow_up_open_idx",
            "line_id",
            "due_at",
            postgresql_where=text("state IN ('open', 'claimed')"),
        ),
    )

    follow_up_id: UUID = Field(primary_key=True)
    line_id: str = Field(foreign_key="line.line_id")
    contact_id: UUID = Field(foreign_key="contact.contact_id")
    kind: str
    queue: str
    state: str
    due_at: datetime | None = instant_or_none()
    note_code: str | None = None
    created_at: datetime = instant()
    created_by: UUID | None = Field(default=None, foreign_key="staff.staff_id")
    claimed_by: UUID | None = Field(default=None, foreign_key="staff.staff_id")
    claimed_at: datetime | None = instant_or_none()
    done_at: datetime | None = instant_or_none()
    done_by: UUID | None = Field(default=None, foreign_key="staff.staff_id")
    outcome_code: str | None = None
    version: int = big()
