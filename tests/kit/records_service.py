"""The records of one test's database, opened as the service opens them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from config.ids import new_id
from config.vocabulary import (
    Audience,
    ContactEventKind,
    Level,
    PresenceState,
    Role,
    Urgency,
    UrgencySource,
)
from records.actor import Principal
from records.contacts.change import Change
from records.contacts.contacts import Contacts
from records.contacts.snapshot import ContactSnapshot, Placement
from records.database import Database
from records.engagements.engagement import Engagement
from records.engagements.engagements import Engagements
from records.presence import PresenceStore
from records.vault import Vault
from tests.kit.principals import principal_of
from tests.kit.record_rows import LINE, NOW, a_vault, add_line, add_staff

U1 = Placement("mineur", Audience.MINOR, Urgency.U1, UrgencySource.DECLARED, 0, 0, ("weapon",))
U3 = Placement("mineur", Audience.MINOR, Urgency.U3, UrgencySource.SYSTEM, 1, 600_000)
PRE_ANSWER = Placement(
    "pre_accueil", Audience.UNKNOWN, Urgency.U4, UrgencySource.SYSTEM, 1, 0, level=Level.PRE_ANSWER
)


@dataclass
class Listening:
    """A listener with her session, present with `max_chats`."""

    staff_id: UUID
    session_id: UUID
    max_chats: int = 3

    @property
    def principal(self) -> Principal:
        """Return the listener as whoever acts."""
        listener, lines = Role.LISTENER, frozenset({LINE})
        return principal_of(
            self.staff_id, listener, lines, self.session_id, max_chats=self.max_chats
        )


@dataclass
class Records:
    """Everything a test of records acts through, and the short ways to a given state."""

    database: Database
    vault: Vault
    contacts: Contacts
    engagements: Engagements
    presence: PresenceStore
    now: datetime = field(default=NOW)

    def later(self, seconds: float = 1) -> datetime:
        """Let time pass and return the new instant."""
        self.now += timedelta(seconds=seconds)
        return self.now

    async def call(
        self, number: str | None = "+33612345678", call_sid: str | None = None
    ) -> ContactSnapshot:
        """Take in a call."""
        sid = call_sid or f"CA{new_id().hex}"
        taken, _ = await self.contacts.take_in_call(
            new_id(), LINE, "AC1", sid, number, "fr", "test", self.now, self.now
        )
        return taken

    async def waiting_call(self, placement: Placement = U3) -> ContactSnapshot:
        """Take in a call and place it."""
        return (
            await self.contacts.place((await self.call()).contact_id, placement, self.now)
        ).after

    async def waiting_chat(self, placement: Placement = U3) -> ContactSnapshot:
        """Take in a chat."""
        contact_id = new_id()
        return (
            await self.contacts.take_in_chat(
                contact_id, LINE, contact_id.bytes, "fr", "93", placement, "test", self.now
            )
        ).after

    async def listener(self, max_chats: int = 3) -> Listening:
        """Add a listener who is ready."""
        async with self.database.transaction() as tx:
            staff_id = await add_staff(tx)
        session_id = new_id()
        await self.presence.declare(
            staff_id, session_id, PresenceState.READY, "declared", "all", max_chats, self.now
        )
        return Listening(staff_id, session_id, max_chats)

    async def accept(
        self, contact: ContactSnapshot, who: Listening, offer_id: UUID | None = None
    ) -> Change:
        """Accept a contact in its present turn."""
        offer_id = offer_id or new_id()
        return await self.contacts.accept(
            offer_id,
            contact.contact_id,
            contact.turn,
            who.principal,
            self.now,
        )

    async def talking(
        self, contact: ContactSnapshot, who: Listening
    ) -> tuple[ContactSnapshot, Engagement]:
        """Let a listener talk with a contact; a call takes her 5 s to be joined."""
        accepted = await self.accept(contact, who)
        assert accepted.taken_after is not None
        if contact.call_sid is None:
            return accepted.after, accepted.taken_after
        engagement_id = accepted.taken_after.engagement_id
        return (
            await self.engagements.connected(engagement_id, self.later(5))
        ).after, accepted.taken_after

    async def told(
        self, contact: ContactSnapshot, kind: ContactEventKind
    ) -> list[dict[str, object]]:
        """Return what the contact's events of a kind say, in order."""
        timeline = await self.contacts.timeline(contact.contact_id)
        return [dict(event.detail) for event in timeline if event.kind is kind]


@asynccontextmanager
async def open_records(database_url: str, pool_size: int = 16) -> AsyncIterator[Records]:
    """Open the records of a migrated database, with one line registered in it."""
    vault = a_vault()
    async with Database.open(database_url, pool_size=pool_size) as database:
        async with database.transaction() as tx:
            await add_line(tx)
        yield Records(
            database,
            vault,
            Contacts(database, vault),
            Engagements(database, vault),
            PresenceStore(database),
        )
