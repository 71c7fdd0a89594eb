"""What became of offers, written down for whoever died before she could.

A sweep, a decline or a cancel acts in the index first; its event follows in
PostgreSQL. A node that dies in between leaves an offer without an end in the
contact's history. The index remembers each offer for an hour: so its end can
be told later, by any node, and at most once.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from config.clock import Clock
from config.helpline.helpline import Helpline
from config.vocabulary import ContactEventKind
from contactcenter.centre.quarantine import About, Quarantine
from contactcenter.centre.queue.entries import told_of
from records.actor import SYSTEM
from records.coded import CodedValue
from records.contacts.contacts import Contacts
from records.contacts.reading import UnsettledOffer
from routing.model import Offer, OfferState
from routing.router import Router

log = structlog.get_logger()

AT_ONCE = 200
# Longer than an offer and its accept may take, and than their own node needs to write.
OVER_AFTER = timedelta(seconds=60)
# As long as the index remembers offers.
REMEMBERED = timedelta(hours=1)

_LIVING = frozenset({OfferState.OFFERED, OfferState.ACCEPTING})
_KINDS = {
    OfferState.DECLINED: ContactEventKind.OFFER_DECLINED,
    OfferState.EXPIRED: ContactEventKind.OFFER_EXPIRED,
    OfferState.UNSEEN: ContactEventKind.OFFER_UNSEEN,
}


class Outcomes:
    """Writes down the ends of offers that nobody wrote down."""

    def __init__(
        self,
        router: Router,
        contacts: Contacts,
        helpline: Helpline,
        quarantine: Quarantine,
        clock: Clock,
    ) -> None:
        """Start with whatever the index may still remember."""
        self._router = router
        self._contacts = contacts
        self._lines = [line.id for line in helpline.lines]
        self._quarantine = quarantine
        self._clock = clock
        self._since = clock.now() - REMEMBERED

    async def round(self) -> int:
        """Look at offers long over, a bounded number of them; return how many ends were told.

        Several nodes may do it at once: an event is kept once for each offer
        and kind. Raises Unavailable; then the same offers are looked at again.
        """
        now = self._clock.now()
        before = now - OVER_AFTER
        since = max(self._since, now - REMEMBERED)
        limit = AT_ONCE + self._quarantine.aside
        unsettled = await self._contacts.unsettled_offers(self._lines, since, before, limit)
        told: list[UnsettledOffer] = []

        async def tell(one: UnsettledOffer) -> None:
            offer = await self._router.offer(one.offer_id)
            if offer is not None and offer.state in _LIVING:
                # Its accept waits for PostgreSQL to say: the sweep asks it.
                return
            if await self._note(one, offer, now):
                told.append(one)
            settled.add(one.offer_id)

        settled: set[UUID] = set()
        await self._quarantine.each(unsettled, tell, lambda one: About("outcome", one.contact_id))
        # Whatever is not settled is looked at again.
        before = min([before, *(one.at for one in unsettled if one.offer_id not in settled)])
        if len(unsettled) == limit:
            before = min(before, unsettled[-1].at)
        self._since = before
        if told:
            log.warning("offer_outcomes_told", count=len(told))
        return len(told)

    async def _note(self, one: UnsettledOffer, offer: Offer | None, now: datetime) -> bool:
        return await self._contacts.note_event(
            one.contact_id,
            kind_of(offer),
            now,
            SYSTEM,
            offer_id=one.offer_id,
            detail=_detail(offer),
        )


def kind_of(offer: Offer | None) -> ContactEventKind:
    """Return how an offer ended; one that the index has forgotten was taken back by that. Pure."""
    if offer is None:
        return ContactEventKind.OFFER_WITHDRAWN
    return _KINDS.get(offer.state, ContactEventKind.OFFER_WITHDRAWN)


def _detail(offer: Offer | None) -> dict[str, CodedValue]:
    if offer is None:
        return {"derived": True, "known": False}
    return {"derived": True, **told_of(offer)}
