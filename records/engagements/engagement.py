"""An engagement as the program sees it."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from config.vocabulary import Channel, EngagementRole, EngagementState, EngagementStep, Level
from records.database import Row


@dataclass(frozen=True, slots=True)
class Engagement:
    """A listener's work on a contact; `engagement_id` is the accepted offer's id."""

    engagement_id: UUID
    contact_id: UUID
    line_id: str
    listener_id: UUID
    session_id: UUID
    channel: Channel
    state: EngagementState
    level: Level
    role: EngagementRole
    turn: int
    step: EngagementStep
    step_due_at: datetime | None
    step_attempts: int
    conference_name: str | None
    conference_sid: str | None
    leg_call_sid: str | None
    accepted_at: datetime
    talking_at: datetime | None
    wrap_up_at: datetime | None
    wrap_up_until: datetime | None
    done_at: datetime | None
    queue: str | None = None
    waited_ms: int | None = None
    wrap_up_extensions: int = 0
    lost_at: datetime | None = None
    leg_queue_ms: int = 0


_WORDS = {
    "channel": Channel,
    "state": EngagementState,
    "level": Level,
    "role": EngagementRole,
    "step": EngagementStep,
}
_NAMES = tuple(field.name for field in fields(Engagement))


def engagement_of(row: Row, prefix: str = "") -> Engagement:
    """Return the engagement a row holds; the statement must have read every column."""
    values: dict[str, Any] = {name: row[prefix + name] for name in _NAMES}
    for name, words in _WORDS.items():
        values[name] = words(values[name])
    return Engagement(**values)
