"""Reading engagements: of an offer, a leg, a conference, a contact, a listener."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from config.errors import NotFound
from records.contacts.holding import Held, hold
from records.database import Database, Row, Transaction
from records.engagements.engagement import Engagement, engagement_of
from records.vault import Vault

RETURNED_HEAD_START_MS = 3_600_000
LISTENER_LIMIT = 100


class EngagementReading:
    """Reads of engagements, and what every act on one begins with."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        *,
        returned_head_start_ms: int = RETURNED_HEAD_START_MS,
    ) -> None:
        """Write to `database`; a contact returned to the head gains that head start, once."""
        self._database = database
        self._vault = vault
        self._returned_head_start_ms = returned_head_start_ms

    async def get(self, engagement_id: UUID) -> Engagement | None:
        """Return the engagement of an offer, or None: how to learn an accept's fate."""
        return await self._one("engagement.get", engagement_id)

    async def states_of(self, offer_ids: Collection[UUID]) -> dict[UUID, Engagement]:
        """Return the engagements that came of these offers: a second, fresh look at many."""
        async with self._database.reading() as tx:
            rows = await tx.fetch("engagement.of_ids", list(offer_ids))
        return {row["engagement_id"]: engagement_of(row) for row in rows}

    async def by_leg(self, call_sid: str) -> Engagement | None:
        """Return the engagement whose listener's leg this is, or None."""
        return await self._one("engagement.by_leg", call_sid)

    async def by_conference(self, conference_name: str) -> Engagement | None:
        """Return the engagement that meets in this conference, or None."""
        return await self._one("engagement.by_conference", conference_name)

    async def open_for_contact(self, contact_id: UUID) -> Engagement | None:
        """Return the engagement of whoever is with the contact or writes it up, or None."""
        return await self._one("engagement.open_of_contact", contact_id)

    async def open_for_listener(self, staff_id: UUID) -> list[Engagement]:
        """Return a listener's engagements not done, oldest first, late write-ups included."""
        return await self._many("engagement.open_of_listener", staff_id, LISTENER_LIMIT)

    async def of_contact(self, contact_id: UUID, limit: int = 50) -> list[Engagement]:
        """Return everybody who took the contact, oldest first."""
        return await self._many("engagement.of_contact", contact_id, limit)

    async def orphaned_chats(
        self, lost_before: datetime, unseen_since: datetime, limit: int
    ) -> list[Engagement]:
        """Return chats whose listener is lost, oldest first.

        Lost: her lease ran out or she signed out before `lost_before`; or she
        is offline by her own word, finishing what is open, and none of her
        sessions gave a sign of life since `unseen_since`.
        """
        return await self._many("engagement.orphaned_chats", lost_before, unseen_since, limit)

    async def _one(self, name: str, *args: object) -> Engagement | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(name, *args)
        return None if row is None else engagement_of(row)

    async def _many(self, name: str, *args: object) -> list[Engagement]:
        async with self._database.reading() as tx:
            rows = await tx.fetch(name, *args)
        return [engagement_of(row) for row in rows]


def known(row: Row | None) -> Engagement:
    """Return the engagement of a row; raise NotFound when there is none."""
    if row is None:
        raise NotFound("no such engagement", code="engagement_unknown")
    return engagement_of(row)


async def hold_for(tx: Transaction, engagement_id: UUID) -> Held:
    """Lock an engagement's contact; return both as they stand under that lock.

    An engagement never changes contact, so its contact can be read before.
    `taken` is that engagement, whatever became of it. Raises NotFound.
    """
    first = known(await tx.fetch_one("engagement.get", engagement_id))
    held = await hold(tx, first.contact_id)
    if held.taken is not None and held.taken.engagement_id == engagement_id:
        return held
    return Held(held.contact, known(await tx.fetch_one("engagement.get", engagement_id)))
