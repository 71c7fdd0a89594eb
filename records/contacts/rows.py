"""What every act on a contact begins with."""

from datetime import datetime, timedelta

from config.vocabulary import Disposition
from records.actor import Actor
from records.contacts.closing import ClosingRules, ClosingTerms
from records.contacts.follow_up import owe_follow_up
from records.contacts.snapshot import ContactSnapshot
from records.database import Database, Transaction
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
