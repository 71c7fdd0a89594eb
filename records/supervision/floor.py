"""The floor as it is now: who is present, who waits, who is served. No content, no number."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from config.vocabulary import (
    Audience,
    Channel,
    ContactState,
    EngagementState,
    Level,
    PresenceState,
    Role,
    Urgency,
    UrgencySource,
)
from records.contacts.alarms import SHOWN, Alarm
from records.database import Database, Row

LISTENERS = 500
WAITING = 200
IN_HAND = 400
# Urgent ones come first in the order of service: nobody looks further back for them.
LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class ListenerOnFloor:
    """A colleague who is present, or has something open."""

    staff_id: UUID
    display_name: str
    role: Role
    state: PresenceState
    since: datetime
    reason: str
    until: datetime | None
    profile_id: str
    max_chats: int
    hard_contacts: int
    skills: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContactUnderWay:
    """A contact that waits, is served or is written up; `since` when it has been so."""

    contact_id: UUID
    line_id: str
    channel: Channel
    queue: str | None
    language: str
    audience: Audience
    level: Level
    needs: tuple[str, ...]
    urgency: Urgency | None
    urgency_source: UrgencySource | None
    urgency_confirmed_at: datetime | None
    state: ContactState
    arrived_at: datetime
    queued_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    waited_ms: int | None
    waiting_since: datetime | None
    version: int
    listener_id: UUID | None
    listener_name: str | None
    engagement_state: EngagementState | None
    since: datetime
    rank: int | None
    leg_queue_ms: int


@dataclass(frozen=True, slots=True)
class Relief:
    """A listener who has had several hard contacts in a row, and may need somebody."""

    staff_id: UUID
    display_name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of staff of a line."""

    staff_id: UUID
    display_name: str
    role: Role
    active: bool
    skills: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Present:
    """A colleague who is present, as her peers may know of her."""

    staff_id: UUID
    display_name: str
    state: PresenceState


class Floor:
    """Reads for supervision. Whether somebody may read them is decided before."""

    def __init__(self, database: Database) -> None:
        """Keep the engine."""
        self._database = database

    async def listeners(self, line_ids: Collection[str]) -> list[ListenerOnFloor]:
        """Return who is present or has something open, by name; 500 at most."""
        async with self._database.reading() as tx:
            rows = await tx.fetch("supervision.listeners", sorted(line_ids), LISTENERS)
        return [_listener(row) for row in rows]

    async def waiting(self, line_id: str) -> list[ContactUnderWay]:
        """Return who waits on a line in the order of service; 200 at most."""
        async with self._database.reading() as tx:
            rows = await tx.fetch("supervision.waiting", line_id, WAITING)
        return [_contact(row) for row in rows]

    async def in_hand(self, line_ids: Collection[str]) -> list[ContactUnderWay]:
        """Return what is served or written up, the first taken first; 400 at most."""
        async with self._database.reading() as tx:
            rows = await tx.fetch("supervision.in_hand", sorted(line_ids), IN_HAND)
        return [_contact(row) for row in rows]

    async def in_need_of_relief(self, line_ids: Collection[str], hard: int) -> list[Relief]:
        """Return who has had `hard` hard contacts in a row, or more; 20 at most."""
        async with self._database.reading() as tx:
            rows = await tx.fetch("supervision.hard_contacts", sorted(line_ids), hard, SHOWN)
        return [Relief(row["staff_id"], row["display_name"], row["since"]) for row in rows]

    async def escalated(self, line_id: str, mask: int) -> list[Alarm]:
        """Return who waits with one of these steps applied, the longest first; 20 at most.

        `mask` has a bit for each step. Only the first in the order of service are
        looked at, so that it costs the same however many wait.
        """
        if not mask:
            return []
        async with self._database.reading() as tx:
            rows = await tx.fetch("supervision.escalated", line_id, mask, LOOKED_AT, SHOWN)
        return [Alarm(row["contact_id"], row["since"]) for row in rows]

    async def colleague(self, staff_id: UUID, line_ids: Collection[str]) -> Colleague | None:
        """Return a colleague who works for one of these lines, None for anybody else."""
        async with self._database.reading() as tx:
            row = await tx.fetch_one("supervision.colleague", staff_id, sorted(line_ids))
        if row is None:
            return None
        return Colleague(
            row["staff_id"],
            row["display_name"],
            Role(row["role"]),
            row["active"],
            tuple(row["skills"]),
        )

    async def present(self, line_id: str, profile_ids: Collection[str]) -> list[Present]:
        """Return who is present on a line in one of these profiles, ready ones first; 500 at most."""
        async with self._database.reading() as tx:
            rows = await tx.fetch("supervision.present", line_id, sorted(profile_ids), LISTENERS)
        return [
            Present(row["staff_id"], row["display_name"], PresenceState(row["state"]))
            for row in rows
        ]

    async def names(self, staff_ids: Collection[UUID]) -> dict[UUID, str]:
        """Return what colleagues are called."""
        async with self._database.reading() as tx:
            rows = await tx.fetch("supervision.names", list(staff_ids))
        return {row["staff_id"]: row["display_name"] for row in rows}


def _listener(row: Row) -> ListenerOnFloor:
    return ListenerOnFloor(
        staff_id=row["staff_id"],
        display_name=row["display_name"],
        role=Role(row["role"]),
        state=PresenceState(row["state"]),
        since=row["since"],
        reason=row["reason"],
        until=row["until"],
        profile_id=row["profile_id"],
        max_chats=row["max_chats"],
        hard_contacts=row["hard_contacts"],
        skills=tuple(row["skills"]),
    )


def _contact(row: Row) -> ContactUnderWay:
    engaged, source = row["engagement_state"], row["urgency_source"]
    return ContactUnderWay(
        contact_id=row["contact_id"],
        line_id=row["line_id"],
        channel=Channel(row["channel"]),
        queue=row["queue"],
        language=row["language"],
        audience=Audience(row["audience"]),
        level=Level(row["level"]),
        needs=tuple(row["needs"]),
        urgency=None if row["urgency"] is None else Urgency(row["urgency"]),
        urgency_source=None if source is None else UrgencySource(source),
        urgency_confirmed_at=row["urgency_confirmed_at"],
        state=ContactState(row["state"]),
        arrived_at=row["arrived_at"],
        queued_at=row["queued_at"],
        answered_at=row["answered_at"],
        ended_at=row["ended_at"],
        waited_ms=row["waited_ms"],
        waiting_since=row["waiting_since"],
        version=row["version"],
        listener_id=row["listener_id"],
        listener_name=row["listener_name"],
        engagement_state=None if engaged is None else EngagementState(engaged),
        since=row["since"],
        rank=row["rank"],
        leg_queue_ms=row["leg_queue_ms"],
    )
