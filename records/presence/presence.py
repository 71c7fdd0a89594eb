"""Presence of listeners: committed here first, then told to the routing index."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from config.errors import NotFound
from config.ids import new_id
from config.vocabulary import Channel, PresenceState
from records.coded import code
from records.database import Database, Row, Transaction


@dataclass(frozen=True, slots=True)
class ListenerRow:
    """The presence in force of one listener; `version` is +1 per change."""

    staff_id: UUID
    session_id: UUID
    state: PresenceState
    reason: str
    version: int
    since: datetime
    profile_id: str
    max_chats: int
    missed_offers: int
    until: datetime | None = None
    hard_contacts: int = 0
    chats_beside_call: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """A contact that counts against a listener's capacity."""

    contact_id: UUID
    channel: Channel
    engagement_id: UUID


class PresenceStore:
    """Who is present, in which state, since when, and with what."""

    def __init__(self, database: Database) -> None:
        """Write to `database`."""
        self._database = database

    async def declare(
        self,
        staff_id: UUID,
        session_id: UUID,
        state: PresenceState,
        reason: str,
        profile_id: str,
        max_chats: int,
        now: datetime,
        *,
        until: datetime | None = None,
        hard_contacts: int | None = None,
        chats_beside_call: int | None = None,
    ) -> ListenerRow:
        """Put a presence in force, with its event; saying the same again changes nothing.

        The last session that declares takes the presence over. Being ready
        forgets missed offers. `since` moves only with the state. `reason` is
        a code (`declared`, `missed_offers`, `leg_failed` …). `until` is when
        a pause is offered to end: shown to her, applied by nobody.
        `hard_contacts` (in a row) and `chats_beside_call` stay as they were
        unless given.
        """
        async with self._database.transaction() as tx:
            row = await tx.fetch_one("presence.lock", staff_id)
            before = None if row is None else listener_of(row)
            wanted = ListenerRow(
                staff_id,
                session_id,
                state,
                code(reason, "reason"),
                0,
                now,
                profile_id,
                max_chats,
                0,
                until,
                _given(hard_contacts, before.hard_contacts if before else 0),
                _given(chats_beside_call, before.chats_beside_call if before else 0),
            )
            if before is not None and _says_the_same(wanted, before):
                return before
            return await _put(tx, wanted, now)

    async def begin_pause(
        self, staff_id: UUID, until: datetime, now: datetime
    ) -> ListenerRow | None:
        """Offer a pause until then to who rests after a hard contact; None for anybody else.

        Once: a second one changes nothing. Whatever she has said meanwhile stands.
        """
        async with self._database.transaction() as tx:
            row = await tx.fetch_one("presence.begin_pause", staff_id, until)
            if row is None:
                return None
            after = listener_of(row)
            await _add_event(tx, after, now)
            return after

    async def current(self, staff_id: UUID) -> ListenerRow | None:
        """Return the presence in force, or None if none was ever declared."""
        async with self._database.reading() as tx:
            row = await tx.fetch_one("presence.get", staff_id)
        return None if row is None else listener_of(row)

    async def of(self, staff_ids: Collection[UUID]) -> dict[UUID, ListenerRow]:
        """Return the presence in force of those of them who ever declared one."""
        async with self._database.reading() as tx:
            rows = await tx.fetch("presence.of", list(staff_ids))
        return {row["staff_id"]: listener_of(row) for row in rows}

    async def all_present(self) -> list[ListenerRow]:
        """Return every listener who is not offline."""
        async with self._database.reading() as tx:
            rows = await tx.fetch("presence.all_present")
        return [listener_of(row) for row in rows]

    async def touched_since(self, since: datetime, now: datetime, limit: int) -> list[UUID]:
        """Return at most `limit` listeners whose presence, work or load changed up to `now`.

        The time of a write-up may run out without anything being committed.
        """
        async with self._database.reading() as tx:
            rows = await tx.fetch("presence.touched_since", since, now, limit)
        return [row["staff_id"] for row in rows]

    async def missed(self, staff_id: UUID) -> int:
        """Count one more missed offer and return how many there are in a row."""
        row = await self._database.act("presence.missed", staff_id)
        if row is None:
            raise NotFound("no presence was ever declared", code="not_present")
        return int(row["missed_offers"])

    async def loads(self, now: datetime) -> dict[UUID, tuple[Load, ...]]:
        """Return what each listener carries at `now`, as the accept act counts it."""
        async with self._database.reading() as tx:
            rows = await tx.fetch("engagement.loads", now)
        carried: dict[UUID, tuple[Load, ...]] = {}
        for row in rows:
            load = Load(row["contact_id"], Channel(row["channel"]), row["engagement_id"])
            carried[row["listener_id"]] = (*carried.get(row["listener_id"], ()), load)
        return carried


def listener_of(row: Row) -> ListenerRow:
    """Return the presence a row holds; the statement must have read every column."""
    return ListenerRow(
        staff_id=row["staff_id"],
        session_id=row["session_id"],
        state=PresenceState(row["state"]),
        reason=row["reason"],
        version=row["version"],
        since=row["since"],
        profile_id=row["profile_id"],
        max_chats=row["max_chats"],
        missed_offers=row["missed_offers"],
        until=row["until"],
        hard_contacts=row["hard_contacts"],
        chats_beside_call=row["chats_beside_call"],
    )


def _says_the_same(wanted: ListenerRow, before: ListenerRow) -> bool:
    if before.missed_offers and wanted.state is PresenceState.READY:
        return False
    # Why she says it, and since when, is as it was.
    return (
        replace(
            wanted,
            reason=before.reason,
            version=before.version,
            since=before.since,
            missed_offers=before.missed_offers,
        )
        == before
    )


async def _put(tx: Transaction, wanted: ListenerRow, now: datetime) -> ListenerRow:
    row = await tx.fetch_one(
        "presence.declare",
        wanted.staff_id,
        wanted.session_id,
        wanted.state.value,
        now,
        wanted.profile_id,
        wanted.max_chats,
        wanted.reason,
        wanted.until,
        wanted.hard_contacts,
        wanted.chats_beside_call,
    )
    assert row is not None, "an upsert returns its row"
    after = listener_of(row)
    await _add_event(tx, after, now)
    return after


async def _add_event(tx: Transaction, after: ListenerRow, now: datetime) -> None:
    await tx.execute(
        "presence.add_event",
        new_id(),
        after.staff_id,
        after.session_id,
        after.state.value,
        after.reason,
        after.version,
        now,
    )


def _given(value: int | None, before: int) -> int:
    return before if value is None else value
