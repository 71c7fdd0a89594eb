"""What a supervisor set on a queue at once: closed, or a message."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from config.vocabulary import Channel, OverrideKind
from records.models.columns import Row, instant, instant_or_none, one_of


class QueueOverride(Row, table=True):
    """One in force for a line, queue ('*' = all), channel (null = all) and kind.

    `texts` is said to everybody who calls or writes: public words, by language.
    """

    __tablename__ = "queue_override"
    __table_args__ = (
        one_of("channel", Channel),
        one_of("kind", OverrideKind),
        CheckConstraint("kind <> 'message' OR texts IS NOT NULL", name="message"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted"),
        Index(
            "queue_override_one_in_force",
            "line_id",
            "queue",
            "channel",
            "kind",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    override_id: UUID = Field(primary_key=True)
    line_id: str = Field(foreign_key="line.line_id")
    queue: str
    channel: str | None = None
    kind: str
    texts: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    until: datetime | None = instant_or_none()
    set_by: UUID = Field(foreign_key="staff.staff_id")
    set_at: datetime = instant()
    lifted_at: datetime | None = instant_or_none()
    lifted_by: UUID | None = Field(default=None, foreign_key="staff.staff_id")
