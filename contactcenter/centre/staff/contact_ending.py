"""How a listener is done with a contact: ended, written up, closed, or given on."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from config.errors import InvalidInput
from config.vocabulary import (
    Disposition,
    EndedBy,
    Urgency,
)
from contactcenter.centre.staff.contact_views import extensions_left
from contactcenter.centre.staff.losses import ContactLosses
from contactcenter.centre.views import ContactView, WrapUpView
from records.actor import Principal
from records.contacts.snapshot import ContactSnapshot, Placement
from records.engagements.engagement import Engagement

# What may become of a contact that a listener had; the others are the service's to say.
WRITTEN_UP = frozenset({Disposition.TREATED, Disposition.HANDED_OUTSIDE, Disposition.NON_CONTENT})


class ContactEnding(ContactLosses):
    """The acts by which a contact leaves a listener."""

    async def end(self, principal: Principal, contact_id: UUID) -> ContactView:
        """End the conversation or the call; an ended contact is returned as it is."""
        change = await self._contacts.end(
            contact_id, EndedBy.LISTENER, "ended_at_desk", self._clock.now(), actor=principal
        )
        await self._effects.follow(change)
        return await self.view_after(principal, change)

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
        change = await self._contacts.close(
            contact_id,
            principal,
            disposition,
            non_content_code,
            self._clock.now(),
            check=partial(self._check_words, disposition, non_content_code),
        )
        await self._effects.follow(change)
        return await self.view_after(principal, change)

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
        limits, now = self._helpline.limits, self._clock.now()
        change = await self._engagements.extend_wrap_up(
            contact_id,
            principal,
            timedelta(seconds=limits.wrap_up_extension_seconds),
            limits.wrap_up_extensions,
            now,
            shown_until=shown_until,
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

        The listener's own triage goes with it, in the same commit: the urgency
        is set first, by the rules of `set_urgency`.
        """
        now = self._clock.now()
        change = await self._engagements.hand_over(
            contact_id,
            partial(self._place_in, queue, needs),
            now,
            principal,
            "hand_over",
            rating=None if urgency is None else self._rated(urgency),
            preferred_listener_id=listener_id,
            preferred_until=None
            if listener_id is None
            else self._destinations.preferred_until(now),
        )
        await self._effects.follow(change)
        return await self.view_after(principal, change)

    def _place_in(
        self, queue: str, needs: Sequence[str] | None, contact: ContactSnapshot
    ) -> Placement:
        known = self._destinations.queue(queue, contact.channel)
        self._destinations.check_needs(known, needs or ())
        return self._placements.moved(contact, queue, needs=needs)
