"""The gate to a contact for acts that read nothing of it themselves."""

from datetime import datetime
from uuid import UUID

from records.access import ReachedContact, access_contact, gated
from records.actor import Principal
from records.database import Database
from records.policy import Right
from records.vault import Vault


class ContactGate:
    """Says whether a member of staff may do something with a contact; refusals are in the trail."""

    def __init__(self, database: Database, vault: Vault) -> None:
        """Keep the engines."""
        self._database = database
        self._vault = vault

    async def check(
        self, principal: Principal, contact_id: UUID, right: Right, now: datetime
    ) -> ReachedContact:
        """Return the contact as it was let through, its turn being the fence of what follows.

        Raises NotFound when she may not know of the contact, NotAllowed otherwise.
        """
        async with gated(self._database, self._vault, principal, now, reading=True) as tx:
            return await access_contact(tx, principal, contact_id, right, now)
