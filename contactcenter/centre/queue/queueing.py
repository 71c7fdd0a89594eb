"""How a contact enters and leaves the waiting index, and who is offered it.

PostgreSQL has already committed when anything here runs: the index is told
afterwards, and a failure to tell it is repaired by the reconciler. So a lost
Redis delays an offer and loses nobody.
"""

import asyncio
from collections.abc import Awaitable
from uuid import UUID

import structlog

from config.clock import Clock
from config.errors import CentreError, Unavailable
from config.vocabulary import ContactEventKind, ContactState
from contactcenter.centre.queue.entries import left_of, told_of
from contactcenter.centre.queue.placement import Placements
from records.actor import SYSTEM, Actor
from records.contacts.contacts import Contacts
from records.contacts.snapshot import ContactSnapshot
from routing.model import Offer
from routing.router import Router

log = structlog.get_logger()

# One arrival frees at most a few pairs; the sweep makes the rest.
MATCHES_AT_ONCE = 8
# A caller waits for our answer meanwhile: a silent index must not keep them from being parked.
INDEX_SECONDS = 1.0


def taken_version(contact: ContactSnapshot) -> int:
    """Return the version at which a confirm told late takes a contact out of the index.

    One that waits again since was taken at an earlier version. Told its present
    one, the index would take the enqueue of that very version, which may still
    be on its way, for late: the contact would wait unseen.
    """
    return contact.version - (contact.state is ContactState.WAITING)


class Queueing:
    """Tells the index what PostgreSQL holds, and turns matches into recorded offers."""

    def __init__(
        self, router: Router, contacts: Contacts, placements: Placements, clock: Clock
    ) -> None:
        """Work on one pool's router."""
        self._router = router
        self._contacts = contacts
        self._placements = placements
        self._clock = clock

    async def changed(self, contact: ContactSnapshot) -> None:
        """Bring the index in line with a contact just committed, whatever its state."""
        try:
            async with asyncio.timeout(INDEX_SECONDS):
                await self._tell(contact)
        except (Unavailable, TimeoutError) as error:
            code = getattr(error, "code", "index_silent")
            log.warning("index_not_told", contact_id=str(contact.contact_id), code=code)

    async def _tell(self, contact: ContactSnapshot) -> None:
        if contact.state is ContactState.WAITING:
            waiting = self._placements.waiting(contact)
            await self._router.enqueue(waiting)
            await self.match(waiting.lanes)
        elif contact.state is not ContactState.ARRIVING:
            await self._withdraw(contact)

    async def finished(
        self, listener_id: UUID, contact_id: UUID, engagement_id: UUID | None
    ) -> None:
        """Give a listener the capacity of an ended engagement back, and her next offer."""
        try:
            await self._router.finish(listener_id, contact_id, engagement_id)
            await self.match_listener(listener_id)
        except Unavailable as error:
            log.warning("index_not_told", contact_id=str(contact_id), code=error.code)

    async def match(self, lanes: tuple[str, ...]) -> None:
        """Offer contacts of these lanes while free listeners serve them."""
        for _ in range(MATCHES_AT_ONCE):
            if not await self._made(self._router.match(lanes)):
                return

    async def match_listener(self, listener_id: UUID) -> None:
        """Offer the best head of her lanes to a listener who became free."""
        await self._made(self._router.match_listener(listener_id))

    async def given_back(self, offer: Offer, kind: ContactEventKind, actor: Actor = SYSTEM) -> None:
        """Record why an offer ended, then offer the contact on and the listener's next one."""
        await self.note(offer, kind, actor)
        await self._made(self._router.match_contact(offer.contact_id))
        await self._made(self._router.match_listener(offer.listener_id))

    async def note(self, offer: Offer, kind: ContactEventKind, actor: Actor = SYSTEM) -> None:
        """Record what became of an offer; the offer stands whether or not this succeeds."""
        try:
            await self._contacts.note_event(
                offer.contact_id,
                kind,
                self._clock.now(),
                actor,
                offer_id=offer.offer_id,
                detail=told_of(offer),
            )
        except CentreError as error:
            log.warning("offer_event_not_recorded", event_kind=kind.value, code=error.code)

    async def _withdraw(self, contact: ContactSnapshot) -> None:
        offer = await self._router.cancel(
            contact.contact_id, contact.version, left=left_of(contact)
        )
        if offer is not None:
            await self.note(offer, ContactEventKind.OFFER_WITHDRAWN)
            await self.match_listener(offer.listener_id)

    async def _made(self, match: Awaitable[Offer | None]) -> bool:
        offer = await match
        if offer is not None:
            await self.note(offer, ContactEventKind.OFFERED)
        return offer is not None
