"""How a listener is done with a contact: ended, written up, closed, or given on."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from config.errors import Conflict, InvalidInput
from config.vocabulary import (
    ContactState,
    Disposition,
    EndedBy,
    EngagementState,
    Urgency,
)
from contactcenter.centre.staff.contact_views import extensions_left
from contactcenter.centre.staff.losses import ContactLosses
from contactcenter.centre.views import ContactView, WrapUpView
from records.actor import Principal
from records.engagements.engagement import Engagement
from records.policy import Right

# What may become of a contact that a listener had; the others are the service's to say.
WRITTEN_UP = frozenset({Disposition.TREATED, Disposition.HANDED_OUTSIDE, Disposition.NON_CONTENT})
# A program may have cut the instant that it was shown; extensions are minutes apart.
SAME_INSTANT = timedelta(seconds=1)


class ContactEnding(ContactLosses):
    """The acts by which a contact leaves a listener."""

    async def end(self, principal: Principal, contact_id: UUID) -> ContactView:
        """End the conversation or the call; an ended contact is returned as it is."""
        reached = await self._reach_unclosed(principal, contact_id)
        change = await self._contacts.end(
            contact_id,
            EndedBy.LISTENER,
            "ended_at_desk",
            self._clock.now(),
            actor=principal,
            turn=reached.turn,
        )
        await self._effects.follow(change)
        return await self.view(principal, contact_id)

    async def close(
        self,
        principal: Principal,
        contact_id: UUID,
        disposition: Disposition,
        non_content_code: str | None,
    ) -> ContactView:
        """Finish the write-up; her capacity is back at once, her readiness is her own word.

        A repeat answers the same; Conflict `already_closed` when it says otherwise.
        """
        reached = await self._reach_unclosed(principal, contact_id)
        if reached.state == ContactState.ACTIVE:
            raise Conflict("the person is still there", code="contact_open")
        if reached.state != ContactState.CLOSED:
            self._check_words(disposition, non_content_code)
        try:
            change = await self._contacts.close(
                contact_id, principal, disposition, non_content_code, self._clock.now()
            )
        except Conflict as error:
            if error.code == "contact_not_ended":
                raise Conflict("the person is still there", code="contact_open") from None
            raise
        await self._effects.follow(change)
        return await self.view(principal, contact_id)

    def _check_words(self, disposition: Disposition, non_content_code: str | None) -> None:
        if disposition not in WRITTEN_UP:
            # An answered contact was neither abandoned nor deterred: figures would be wrong.
            raise InvalidInput("not of a contact that was answered", field="disposition")
        known = {each.id for each in self._helpline.non_content_codes}
        if non_content_code is not None and non_content_code not in known:
            raise InvalidInput("no such code", field="non_content_code")

    async def extend_wrap_up(
        self, principal: Principal, contact_id: UUID, shown_until: datetime | None
    ) -> WrapUpView:
        """Give her more time to write up, if its end is still the one shown.

        The limit is the server's: so many extensions of so many seconds, while
        its time still runs. She is offered nothing meanwhile.
        """
        await self._reach(principal, contact_id, Right.CONTACT_SERVE)
        taken = await self._engagements.open_for_contact(contact_id)
        if taken is None or taken.wrap_up_until is None or taken.listener_id != principal.staff_id:
            raise Conflict("nothing is written up by her", code="wrap_up_over")
        if shown_until is not None and abs(taken.wrap_up_until - shown_until) > SAME_INSTANT:
            return self._wrap_up(taken)
        limits, now = self._helpline.limits, self._clock.now()
        change = await self._engagements.extend_wrap_up(
            contact_id,
            principal.staff_id,
            timedelta(seconds=limits.wrap_up_extension_seconds),
            limits.wrap_up_extensions,
            now,
        )
        await self._effects.follow(change)
        assert change.taken_after is not None, "somebody writes up"
        return self._wrap_up(change.taken_after)

    def _wrap_up(self, taken: Engagement) -> WrapUpView:
        assert taken.wrap_up_until is not None, "a write-up has an end"
        return WrapUpView(
            wrap_up_until=taken.wrap_up_until,
            wrap_up_extensions_left=extensions_left(self._helpline, taken.wrap_up_extensions),
        )

    async def hand_over(
        self,
        principal: Principal,
        contact_id: UUID,
        queue: str,
        *,
        needs: Sequence[str] | None,
        urgency: Urgency | None,
        listener_id: UUID | None,
    ) -> ContactView:
        """Give the person on to another queue or level; their arrival, so their rank, is kept.

        Her own triage goes with it: the urgency is set first, by the rules of
        `set_urgency`.
        """
        if await self._was_handed_over_by(principal, contact_id):
            return await self.view(principal, contact_id)
        await self._reach(principal, contact_id, Right.HAND_OVER)
        contact = await self._contacts.get(contact_id)
        self._destinations.check_needs(
            self._destinations.queue(queue, contact.channel), needs or ()
        )
        until = None
        if listener_id is not None:
            await self._destinations.colleague(contact.line_id, listener_id)
            until = self._destinations.preferred_until(self._clock.now())
        taken = await self._engagements.open_for_contact(contact_id)
        if taken is None or taken.state is EngagementState.WRAP_UP:
            raise Conflict("nobody talks with them", code="contact_gone")
        if urgency is not None and urgency != contact.urgency:
            await self.set_urgency(principal, contact_id, urgency, reason=None, confirm=True)
            contact = await self._contacts.get(contact_id)
        change = await self._engagements.hand_over(
            taken.engagement_id,
            self._placements.moved(contact, queue, needs=needs),
            self._clock.now(),
            principal,
            "hand_over",
            preferred_listener_id=listener_id,
            preferred_until=until,
        )
        await self._effects.follow(change)
        return await self.view(principal, contact_id)

    async def _was_handed_over_by(self, principal: Principal, contact_id: UUID) -> bool:
        """Tell whether this was done already: it took her right to say it again away."""
        reached = await self._reach(principal, contact_id, Right.CONTACT_READ)
        if reached.state != ContactState.WAITING:
            return False
        taken = await self._engagements.of_contact(contact_id)
        last = taken[-1] if taken else None
        return (
            last is not None
            and last.listener_id == principal.staff_id
            and last.state is EngagementState.HANDED_OVER
            and last.lost_at is None
        )
