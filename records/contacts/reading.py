"""Reading contacts. Who may read which is decided before; the number is audited here."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from config.errors import NotFound
from records.actor import Actor
from records.contacts.number import read_number
from records.contacts.rows import Acts
from records.contacts.snapshot import ContactEvent, ContactSnapshot, event_of, snapshot_of

FIRST = UUID(int=0)
TIMELINE_LIMIT = 1000


class WaitingRow(NamedTuple):
    """A contact that waits, as far as an index of the waiting goes; fields as in its snapshot."""

    contact_id: UUID
    line_id: str
    channel: str
    queue: str
    language: str
    needs: Sequence[str]
    widened_to: Sequence[str]
    rank: int
    turn: int
    version: int
    waiting_since: datetime
    changed_at: datetime
    preferred_listener_id: UUID | None
    preferred_until: datetime | None
    given_up_by: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class UnsettledOffer:
    """An offer that was made, and nothing is known of what became of it."""

    contact_id: UUID
    offer_id: UUID
    at: datetime


class ContactReading(Acts):
    """Reads of coded columns, and the one read of a number."""

    async def get(self, contact_id: UUID) -> ContactSnapshot:
        """Return a contact; raise NotFound `contact_unknown`."""
        found = await self._one("contact_list.get", contact_id)
        if found is None:
            raise NotFound("no such contact", code="contact_unknown")
        return found

    async def states_of(self, contact_ids: Collection[UUID]) -> dict[UUID, ContactSnapshot]:
        """Return those of these contacts that exist: a second, fresh look at many at once."""
        found = await self._many("contact_list.of_ids", list(contact_ids))
        return {contact.contact_id: contact for contact in found}

    async def by_call(self, account_sid: str, call_sid: str) -> ContactSnapshot | None:
        """Return the contact of a telephone call, or None."""
        return await self._one("contact_list.by_call", account_sid, call_sid)

    async def by_token(self, token_hash: bytes) -> ContactSnapshot | None:
        """Return the chat a visitor's token opens, or None."""
        return await self._one("contact_list.by_token", token_hash)

    async def changed_since(self, since: datetime, limit: int) -> list[ContactSnapshot]:
        """Return contacts changed at or after `since`, oldest change first.

        A change shows when it commits, up to some seconds after the instant
        it carries: ask again from a little before the last one seen.
        """
        return await self._many("contact_list.changed_since", since, limit)

    async def open_page(self, after_id: UUID | None, limit: int) -> list[ContactSnapshot]:
        """Return contacts not closed, by id, after `after_id` (None = from the first)."""
        return await self._many("contact_list.open_page", after_id or FIRST, limit)

    async def waiting_page(
        self, line_ids: Collection[str], after_id: UUID | None, limit: int
    ) -> list[WaitingRow]:
        """Return who waits on these lines, by id, after `after_id` (None = from the first).

        Only what an index needs of them: it may be refilled with a hundred
        thousand while callers wait for our answers.
        """
        async with self._database.reading() as tx:
            rows = await tx.fetch(
                "contact_list.waiting_page", list(line_ids), after_id or FIRST, limit
            )
        return [WaitingRow(*row) for row in rows]

    async def away_since(self, seen_before: datetime, limit: int) -> list[ContactSnapshot]:
        """Return waiting chats without a sign of life since then; see `end_away`."""
        return await self._many("contact_list.away", seen_before, limit)

    async def open_calls(self, before: datetime, limit: int) -> list[ContactSnapshot]:
        """Return calls that are not over and arrived before then, oldest first."""
        return await self._many("contact_list.open_calls", before, limit)

    async def unsettled_offers(
        self, line_ids: Collection[str], since: datetime, before: datetime, limit: int
    ) -> list[UnsettledOffer]:
        """Return offers made in [since, before) whose end nobody wrote down, oldest first."""
        async with self._database.reading() as tx:
            rows = await tx.fetch(
                "contact_list.unsettled_offers", sorted(line_ids), since, before, limit
            )
        return [UnsettledOffer(row["contact_id"], row["offer_id"], row["at"]) for row in rows]

    async def earlier(self, contact_id: UUID, limit: int = 20) -> list[ContactSnapshot]:
        """Return earlier contacts from the same number, without ever reading the number."""
        return await self._many("contact_list.earlier", contact_id, limit)

    async def timeline(self, contact_id: UUID) -> list[ContactEvent]:
        """Return what happened to a contact, in order; at most 1,000 events."""
        async with self._database.reading() as tx:
            rows = await tx.fetch("contact_list.timeline", contact_id, TIMELINE_LIMIT)
        return [event_of(row) for row in rows]

    async def facts(self, contact_id: UUID) -> list[tuple[str, str]]:
        """Return the coded facts of a contact, as (fact, value)."""
        async with self._database.reading() as tx:
            rows = await tx.fetch("contact_list.facts", contact_id)
        return [(row["fact"], row["value"]) for row in rows]

    async def read_number(self, contact_id: UUID, actor: Actor, reason: str, now: datetime) -> str:
        """Return a caller's number; the trail keeps who read it and why, in the same transaction.

        `reason` is a code. Raises NotFound `no_number` when it was withheld
        or is no longer kept, `shredded` when its key is gone.
        """
        async with self._database.transaction() as tx:
            return await read_number(tx, self._vault, contact_id, actor, reason, now)

    async def _one(self, name: str, *args: object) -> ContactSnapshot | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(name, *args)
        return None if row is None else snapshot_of(row)

    async def _many(self, name: str, *args: object) -> list[ContactSnapshot]:
        async with self._database.reading() as tx:
            rows = await tx.fetch(name, *args)
        return [snapshot_of(row) for row in rows]
