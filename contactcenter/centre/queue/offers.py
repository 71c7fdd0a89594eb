"""The offer on a listener's desk: seen, accepted, given back.

Accepting is the one place where the index and the truth must agree, in this
order: reserve in Redis, decide in PostgreSQL, confirm in Redis, then act on
the telephone or the chat. A crash between any two is finished by the sweep
(the reservation), the reconciler (the index) and the step driver (the call).
"""

from typing import NoReturn
from uuid import UUID

import structlog

from config.clock import Clock, from_milliseconds, milliseconds
from config.errors import Conflict, NotFound, Unavailable
from config.helpline.helpline import Helpline
from config.vocabulary import (
    ContactEventKind,
    DeclineReason,
    EngagementState,
    Urgency,
)
from contactcenter.centre.effects import Effects
from contactcenter.centre.queue.presence import Presence
from contactcenter.centre.queue.queueing import Queueing, taken_version
from contactcenter.centre.staff.contact_views import queue_label, waited_seconds
from contactcenter.centre.views import OfferView
from records.actor import Principal
from records.contacts.contacts import Contacts
from records.contacts.snapshot import ContactSnapshot
from records.engagements.engagement import Engagement
from records.engagements.engagements import Engagements
from routing.model import Offer, OfferState, Step
from routing.router import Router

log = structlog.get_logger()

RETRY_SECONDS = 1.0


class Offers:
    """What a listener does with the one offer she may hold."""

    def __init__(
        self,
        router: Router,
        contacts: Contacts,
        engagements: Engagements,
        queueing: Queueing,
        presence: Presence,
        effects: Effects,
        helpline: Helpline,
        clock: Clock,
    ) -> None:
        """Take everything from the composition root."""
        self._router = router
        self._contacts = contacts
        self._engagements = engagements
        self._queueing = queueing
        self._presence = presence
        self._effects = effects
        self._helpline = helpline
        self._clock = clock

    async def current(self, principal: Principal) -> OfferView | None:
        """Return her open offer; None too while the index does not answer."""
        try:
            offer = await self._router.offer_of(principal.staff_id)
        except Unavailable:
            return None
        if offer is None or offer.session_id != principal.session_id:
            return None
        if offer.state is not OfferState.OFFERED:
            return None
        contact = await self._contacts.get(offer.contact_id)
        if contact.line_id not in principal.line_ids:
            await self._pass_by(principal, offer)
            return None
        return offer_view(offer, contact, self._helpline, milliseconds(self._clock.now()))

    async def _pass_by(self, principal: Principal, offer: Offer) -> None:
        """Offer to somebody else what she could not open: a contact of a line her account lacks.

        Her lanes are those of her lines, but immediate danger, for one, is
        answered for every line in one queue. `doctor` names such accounts.
        """
        try:
            step = await self._router.decline(
                offer.offer_id, principal.staff_id, principal.session_id
            )
            if step is Step.DONE:
                log.warning("offer_of_a_line_she_lacks", listener_id=str(principal.staff_id))
                await self._queueing.given_back(offer, ContactEventKind.OFFER_WITHDRAWN)
        except Unavailable as error:
            # Not shown, so not seen: within two seconds the sweep offers it on.
            log.warning("offer_not_passed_by", code=error.code)

    async def seen(self, principal: Principal, offer_id: UUID) -> None:
        """Note that her screen shows the offer; repeated and late ones change nothing."""
        step = await self._router.seen(offer_id, principal.session_id)
        if step is Step.DONE and (offer := await self._router.offer(offer_id)):
            await self._queueing.note(offer, ContactEventKind.OFFER_SEEN, principal)

    async def accept(self, principal: Principal, offer_id: UUID) -> UUID:
        """Make the contact hers and return its id; a replay answers the same.

        Raises Conflict `contact_gone`, `contact_taken`, `offer_expired` or
        `over_capacity`; OutcomeUnknown when PostgreSQL's answer was lost, and
        the reservation is then kept until the sweep has asked it.
        """
        reserved = await self._router.accept(offer_id, principal.staff_id, principal.session_id)
        contact_id, turn = reserved.contact_id, reserved.turn
        if contact_id is None or reserved.step not in (Step.DONE, Step.ALREADY):
            return await self._refused(principal, offer_id, reserved.step)
        try:
            accepted = await self._contacts.accept(
                offer_id, contact_id, turn, principal, self._clock.now()
            )
        except NotFound:
            await self._router.release(offer_id, contact_gone=False)
            raise
        except Conflict as error:
            gone = error.code in ("contact_gone", "contact_taken")
            await self._router.release(offer_id, gone)
            if error.code == "over_capacity":
                # The index thought her freer than she is: tell it, or it rings her again.
                await self._presence.tell_current(principal.staff_id)
            raise
        await self._confirm(offer_id, taken_version(accepted.after))
        assert accepted.taken_after is not None, "an accept makes an engagement"
        self._check_still_hers(accepted.taken_after)
        await self._effects.follow(accepted)
        return contact_id

    async def _confirm(self, offer_id: UUID, version: int) -> None:
        try:
            await self._router.confirm(offer_id, version)
        except Unavailable as error:
            # The reconciler reads PostgreSQL and brings the index in line.
            log.warning("offer_not_confirmed", offer_id=str(offer_id), code=error.code)

    async def _refused(self, principal: Principal, offer_id: UUID, step: Step) -> UUID:
        """Answer a replay of what PostgreSQL already holds, or say why it is refused."""
        engagement = await self._engagements.get(offer_id)
        if engagement is not None and engagement.listener_id == principal.staff_id:
            self._check_still_hers(engagement)
            return engagement.contact_id
        if step is Step.NOT_YOURS:
            await self._refuse(principal, offer_id)
        if step is Step.UNKNOWN:
            raise NotFound("no such offer", code="not_found")
        raise Conflict("the offer is over", code="offer_expired")

    async def _refuse(self, principal: Principal, offer_id: UUID) -> NoReturn:
        """Refuse somebody else's offer, or one to another session; on a foreign line there is none."""
        offer = await self._router.offer(offer_id)
        if offer is None:
            raise NotFound("no such offer", code="not_found")
        await self._contacts.refuse_offer(offer_id, offer.contact_id, principal, self._clock.now())

    def _check_still_hers(self, engagement: Engagement) -> None:
        # A late replay: her telephone did not answer, and the contact waits for anybody.
        if engagement.state is EngagementState.NOT_CONNECTED:
            raise Conflict("it came to nothing", code="offer_expired")

    async def decline(self, principal: Principal, offer_id: UUID, reason: DeclineReason) -> None:
        """Give the contact back with its rank; a repeat changes nothing."""
        offer = await self._router.offer(offer_id)
        step = await self._router.decline(offer_id, principal.staff_id, principal.session_id)
        if step is Step.NOT_YOURS:
            await self._refuse(principal, offer_id)
        if step is Step.UNKNOWN or offer is None:
            raise NotFound("no such offer", code="not_found")
        if step is Step.DONE:
            log.info("offer_declined", offer_id=str(offer_id), reason=reason.value)
            await self._queueing.given_back(offer, ContactEventKind.OFFER_DECLINED, principal)


def offer_view(
    offer: Offer, contact: ContactSnapshot, helpline: Helpline, now_ms: int
) -> OfferView:
    """Return what a desk shows of an offer: queue, channel, urgency, audience and wait."""
    assert contact.queue is not None, "an offered contact has a queue"
    return OfferView(
        offer_id=offer.offer_id,
        contact_id=contact.contact_id,
        channel=contact.channel,
        queue=contact.queue,
        queue_label=queue_label(helpline, contact.queue),
        level=contact.level,
        needs=list(contact.needs),
        urgency=contact.urgency or Urgency.U2,
        audience=contact.audience,
        waited_seconds=waited_seconds(contact, from_milliseconds(now_ms)),
        offered_at=from_milliseconds(offer.offered_at_ms),
        expires_at=from_milliseconds(offer.expires_at_ms),
        server_now=from_milliseconds(now_ms),
    )
