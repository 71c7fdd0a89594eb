"""A contact as everybody but the vault sees it: coded columns only."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from config.clock import milliseconds
from config.vocabulary import (
    ActorKind,
    Audience,
    Channel,
    ContactEventKind,
    ContactState,
    Disposition,
    EndedBy,
    Level,
    Urgency,
    UrgencySource,
)
from records.coded import code
from records.database import Row

# Far above any queued_ms and head start, far below 2^53: ranks stay exact in a double.
BAND_BITS = 43


@dataclass(frozen=True, slots=True)
class ContactSnapshot:
    """The coded columns of a contact at one version; sealed values are never in it."""

    contact_id: UUID
    line_id: str
    channel: Channel
    state: ContactState
    queue: str | None
    language: str
    audience: Audience
    department: str | None
    urgency: Urgency | None
    urgency_source: UrgencySource | None
    urgency_confirmed_at: datetime | None
    band: int | None
    head_start_ms: int
    rank: int | None
    returned: bool
    turn: int
    version: int
    arrived_at: datetime
    queued_at: datetime | None
    waiting_since: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    closed_at: datetime | None
    changed_at: datetime
    disposition: Disposition | None
    non_content_code: str | None
    ended_by: EndedBy | None
    end_reason: str | None
    waited_ms: int | None
    account_sid: str | None
    call_sid: str | None
    visitor_seen_at: datetime | None
    preferred_listener_id: UUID | None
    preferred_until: datetime | None
    config_version: str
    level: Level = Level.LISTENING
    needs: tuple[str, ...] = ()
    widened_to: tuple[str, ...] = ()
    escalations: int = 0
    home_queue: str | None = None
    given_up_by: tuple[UUID, ...] = ()
    lost_at: datetime | None = None

    def escalated(self, step: int) -> bool:
        """Say whether an escalation step was applied in this wait."""
        return bool(self.escalations >> step & 1)


_WORDS: Mapping[str, type[Enum]] = {
    "channel": Channel,
    "state": ContactState,
    "audience": Audience,
    "urgency": Urgency,
    "urgency_source": UrgencySource,
    "disposition": Disposition,
    "ended_by": EndedBy,
    "level": Level,
}
_LISTS = ("needs", "widened_to", "given_up_by")
_NAMES = tuple(field.name for field in fields(ContactSnapshot))
# Looked up, not called: a rebuild reads a hundred thousand rows while callers wait.
_MEMBERS = {name: {member.value: member for member in words} for name, words in _WORDS.items()}


def snapshot_of(row: Row) -> ContactSnapshot:
    """Return the snapshot a row holds; the statement must have read every coded column."""
    values: dict[str, Any] = {name: row[name] for name in _NAMES}
    for name, members in _MEMBERS.items():
        if values[name] is not None:
            values[name] = members[values[name]]
    for name in _LISTS:
        values[name] = tuple(values[name])
    return ContactSnapshot(**values)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a contact is to wait, and how urgently; decided by the helpline's rules.

    `band` 0 is U1 and strict, 1 is the rest; `head_start_ms` is the urgency's.
    `factors` are the coded urgency factors known at entry, `needs` what only
    some listeners can do (a sign language). `home_queue` is the queue the
    contact belongs to, when another takes it in because that one is closed.
    `returned_ms` is the head start of who comes back after a cut; they are
    offered to `preferred_listener_id` first. Calls only.
    """

    queue: str
    audience: Audience
    urgency: Urgency
    source: UrgencySource
    band: int
    head_start_ms: int
    factors: tuple[str, ...] = ()
    level: Level = Level.LISTENING
    needs: tuple[str, ...] = ()
    home_queue: str | None = None
    returned_ms: int = 0
    preferred_listener_id: UUID | None = None
    preferred_until: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse what is not coded: factors and needs are stored in clear."""
        for factor in self.factors:
            code(factor, "factors")
        for need in self.needs:
            code(need, "needs")

    def rank(self, queued_at: datetime) -> int:
        """Return the queue score, lowest first: band, then queued_at less the head start.

        The database keeps it and the index copies it; later changes move it
        by differences, so it is computed from scratch only here.
        """
        start_ms = self.head_start_ms + self.returned_ms
        return (self.band << BAND_BITS) + milliseconds(queued_at) - start_ms

    def told(self) -> dict[str, str | int]:
        """Return what the `queued` event says."""
        return {
            "queue": self.queue,
            "urgency": int(self.urgency),
            "source": self.source.value,
            "audience": self.audience.value,
            "level": self.level.value,
        }


def more_urgent(
    contact: ContactSnapshot, placement: Placement
) -> tuple[Urgency, UrgencySource, int, int]:
    """Return the higher urgency of the two, with its source, band and head start.

    A move never lowers one: who may lower it, and why, is asked elsewhere.
    """
    assert contact.urgency is not None, "a placed contact has an urgency"
    assert contact.urgency_source is not None, "an urgency has a source"
    assert contact.band is not None, "a placed contact has a band"
    if placement.urgency < contact.urgency:
        return placement.urgency, placement.source, placement.band, placement.head_start_ms
    return contact.urgency, contact.urgency_source, contact.band, contact.head_start_ms


@dataclass(frozen=True, slots=True)
class ContactEvent:
    """Something that happened to a contact; `detail` holds codes, numbers and ids only."""

    event_id: UUID
    kind: ContactEventKind
    at: datetime
    actor_kind: ActorKind
    staff_id: UUID | None
    offer_id: UUID | None
    engagement_id: UUID | None
    turn: int
    detail: Mapping[str, Any]


def event_of(row: Row) -> ContactEvent:
    """Return the event a row of `contact_list.timeline` holds."""
    return ContactEvent(
        event_id=row["event_id"],
        kind=ContactEventKind(row["kind"]),
        at=row["at"],
        actor_kind=ActorKind(row["actor_kind"]),
        staff_id=row["staff_id"],
        offer_id=row["offer_id"],
        engagement_id=row["engagement_id"],
        turn=row["turn"],
        detail=row["detail"],
    )
