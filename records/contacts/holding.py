"""Holding a contact: its lock, who has it, and whether the person who acts may, in one statement."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from config.errors import NotFound
from config.vocabulary import EngagementState
from records.access import ReachedContact, gated, refusal, relation_of
from records.actor import Actor, Principal
from records.contacts.change import Change
from records.contacts.snapshot import ContactSnapshot, snapshot_of
from records.database import Database, Row, Transaction
from records.engagements.engagement import Engagement, engagement_of
from records.policy import Relation, Right, may
from records.vault import Vault


@dataclass(frozen=True, slots=True)
class Held:
    """A contact that is locked until its transaction ends, and who has it or writes it up."""

    contact: ContactSnapshot
    taken: Engagement | None
    relation: Relation | None = None  # of the person who acts

    @property
    def live(self) -> Engagement | None:
        """Return the engagement of whoever is with the person, or about to be."""
        if self.taken is None or self.taken.state is EngagementState.WRAP_UP:
            return None
        return self.taken

    def became(self, after: ContactSnapshot, taken: Engagement | None = None) -> Change:
        """Return what the act made of them; without `taken`, the engagement is untouched."""
        return Change(self.contact, after, self.taken, taken or self.taken)

    @property
    def reached(self) -> ReachedContact:
        """Return the contact as far as deciding goes, for what is written beside it."""
        assert self.relation is not None, "held by whoever acts"
        contact = self.contact
        return ReachedContact(
            contact.contact_id,
            contact.line_id,
            contact.channel,
            contact.state,
            contact.turn,
            contact.disposition,
            self.relation,
        )

    @property
    def unchanged(self) -> Change:
        """Return what an act says that found its work done already."""
        return Change(self.contact, self.contact, self.taken, self.taken)


# Which right an act asks for may depend on what is held.
RightOf = Callable[[Held], Right]


@asynccontextmanager
async def acting(
    database: Database, vault: Vault, actor: Actor, now: datetime
) -> AsyncIterator[Transaction]:
    """Open the transaction of an act; a refusal of somebody signed in is kept in the trail."""
    if isinstance(actor, Principal):
        async with gated(database, vault, actor, now) as tx:
            yield tx
    else:
        async with database.transaction() as tx:
            yield tx


async def hold(tx: Transaction, contact_id: UUID) -> Held:
    """Lock a contact until the transaction ends and return it; raise NotFound."""
    row = await tx.fetch_one("contact.hold", contact_id)
    if row is None:
        raise NotFound("no such contact", code="contact_unknown")
    contact = snapshot_of(row)
    return Held(contact, await _taken(tx, row, contact))


async def hold_as(
    tx: Transaction, actor: Actor, contact_id: UUID, right: Right | RightOf, now: datetime
) -> Held:
    """Lock a contact for an act of somebody, who must have the right on it.

    The service and the correspondent need none. Raises NotFound when there is
    no such contact on a line of the person's, NotAllowed without the right.
    """
    if not isinstance(actor, Principal):
        return await hold(tx, contact_id)
    row = await tx.fetch_one("contact.hold_as", contact_id, actor.staff_id)
    if row is None or row["line_id"] not in actor.line_ids:
        raise NotFound("no such contact")
    contact = snapshot_of(row)
    stands = row
    if row["seen_version"] != contact.version:
        fresh = await tx.fetch_one("contact.relation", contact_id, actor.staff_id)
        assert fresh is not None, "a held contact is there"
        stands = fresh
    held = Held(contact, await _taken(tx, row, contact), relation_of(stands, now))
    require(held, actor, right if isinstance(right, Right) else right(held))
    return held


def require(held: Held, actor: Actor, right: Right, *, code: str | None = None) -> None:
    """Raise NotAllowed when somebody signed in lacks a right on what is held."""
    if not isinstance(actor, Principal):
        return
    assert held.relation is not None, "held by whoever acts"
    if not may(actor, right, held.relation):
        contact = held.contact
        raise refusal(right, "contact", contact.contact_id, contact.line_id, code=code)


async def _taken(tx: Transaction, row: Row, contact: ContactSnapshot) -> Engagement | None:
    if row["seen_version"] != contact.version:
        # Somebody else had it: only now is what they did of the engagement to be seen.
        taken = await tx.fetch_one("engagement.open_of_contact", contact.contact_id)
        return None if taken is None else engagement_of(taken)
    return None if row["e_engagement_id"] is None else engagement_of(row, "e_")


def changed(row: Row | None) -> ContactSnapshot:
    """Return the contact after an update that its lock had already made certain."""
    assert row is not None, "a locked contact changed under its lock"
    return snapshot_of(row)


def worked(row: Row | None) -> Engagement:
    """Return the engagement after an update that its contact's lock had already made certain."""
    assert row is not None, "an engagement changed under its contact's lock"
    return engagement_of(row)


async def finish_write_up(tx: Transaction, held: Held, now: datetime) -> Engagement | None:
    """Finish the write-up of a held contact, if one is open; return it as it is then."""
    if held.taken is None or held.taken.state is not EngagementState.WRAP_UP:
        return None
    return worked(await tx.fetch_one("engagement.done", held.taken.engagement_id, now))
