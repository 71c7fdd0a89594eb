"""What is shown of a case, and how long a contact of it waited. Pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from config.vocabulary import CaseState, Channel, ContactState, Disposition


@dataclass(frozen=True, slots=True)
class CaseReference:
    """How a contact names a case it is recorded against."""

    case_id: UUID
    reference: str


@dataclass(frozen=True, slots=True)
class CaseHeader:
    """A case as it stands in a list; `label` is None without the right to it, too."""

    case_id: UUID
    line_id: str
    reference: str
    state: CaseState
    department: str | None
    label: str | None
    follower_id: UUID | None
    follower_name: str | None
    version: int
    created_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class TimelineContact:
    """A contact on a case's timeline: who took it, when, how long it waited."""

    contact_id: UUID
    channel: Channel
    queue: str | None
    state: ContactState
    urgency: int | None
    disposition: Disposition | None
    arrived_at: datetime
    queued_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    waited_seconds: int | None
    listener_names: tuple[str, ...]
    attached_at: datetime


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with its timeline; `contacts` is None without the right to it."""

    header: CaseHeader
    contacts: tuple[TimelineContact, ...] | None


def waited_seconds(
    waited_ms: int | None, arrived_at: datetime, answered_at: datetime | None
) -> int | None:
    """Return for how many whole seconds a contact waited since it arrived; None while it does.

    `waited_ms` is what was noted when it was answered, or ended without an answer.
    """
    if waited_ms is not None:
        return waited_ms // 1000
    if answered_at is None:
        return None
    return max(0, int((answered_at - arrived_at).total_seconds()))
