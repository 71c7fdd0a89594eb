"""What every act on a contact begins with."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from config.errors import NotFound
from config.vocabulary import Disposition, EngagementState
from records.actor import Actor
from records.contacts.change import Change
from records.contacts.closing import ClosingRules, ClosingTerms
from records.contacts.follow_up import owe_follow_up
from records.contacts.snapshot import ContactSnapshot, snapshot_of
from records.database import Database, Row, Transaction
from records.engagements.engagement import Engagement, engagement_of
from records.vault import Vault

WRAP_UP = timedelta(seconds=600)


class Acts:
    """What acts on contacts work with."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        *,
        wrap_up: timedelta = WRAP_UP,
        closing: ClosingRules | None = None,
    ) -> None:
        """Write to `database`, sealing and signing with `vault`.

        A write-up counts against its listener's capacity for `wrap_up`; `closing`
        says what it needs and owes, nothing but a case without it.
        """
        self._closing = closing
        self._database = database
        self._vault = vault
        self._wrap_up = wrap_up

    async def _terms(
        self, tx: Transaction, contact: ContactSnapshot, disposition: Disposition, now: datetime
    ) -> ClosingTerms:
        if self._closing is None:
            return ClosingTerms()
        return await self._closing.terms(tx, contact, disposition, now)

    async def _owe(
        self,
        tx: Transaction,
        contact: ContactSnapshot,
        terms: ClosingTerms,
        actor: Actor,
        now: datetime,
    ) -> None:
        for wanted in terms.owed:
            await owe_follow_up(tx, self._vault, contact, wanted, actor, now)


@dataclass(frozen=True, slots=True)
class Held:
    """A contact that is locked until its transaction ends, and who has it or writes it up."""

    contact: ContactSnapshot
    taken: Engagement | None

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
    def unchanged(self) -> Change:
        """Return what an act says that found its work done already."""
        return Change(self.contact, self.contact, self.taken, self.taken)


async def hold(tx: Transaction, contact_id: UUID) -> Held:
    """Lock a contact until the transaction ends and return it; raise NotFound."""
    row = await tx.fetch_one("contact.hold", contact_id)
    if row is None:
        raise NotFound("no such contact", code="contact_unknown")
    contact = snapshot_of(row)
    if row["seen_version"] != contact.version:
        # Somebody else had it: only now is what they did of the engagement to be seen.
        taken = await tx.fetch_one("engagement.open_of_contact", contact_id)
        return Held(contact, None if taken is None else engagement_of(taken))
    if row["e_engagement_id"] is None:
        return Held(contact, None)
    return Held(contact, engagement_of(row, "e_"))


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
