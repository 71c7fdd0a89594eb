"""What every act on a contact begins with."""

from datetime import timedelta
from uuid import UUID

from config.errors import NotFound
from records.contacts.snapshot import ContactSnapshot, snapshot_of
from records.database import Database, Row, Transaction
from records.vault import Vault

WRAP_UP = timedelta(seconds=600)


class Acts:
    """What acts on contacts work with."""

    def __init__(self, database: Database, vault: Vault, *, wrap_up: timedelta = WRAP_UP) -> None:
        """Write to `database`, sealing and signing with `vault`.

        A write-up counts against its listener's capacity for `wrap_up`.
        """
        self._database = database
        self._vault = vault
        self._wrap_up = wrap_up


async def lock_contact(tx: Transaction, contact_id: UUID) -> ContactSnapshot:
    """Lock a contact until the transaction ends and return it; raise NotFound."""
    row = await tx.fetch_one("contact.lock", contact_id)
    if row is None:
        raise NotFound("no such contact", code="contact_unknown")
    return snapshot_of(row)


def changed(row: Row | None) -> ContactSnapshot:
    """Return the contact after an update that its lock had already made certain."""
    assert row is not None, "a locked contact changed under its lock"
    return snapshot_of(row)
