"""A contact's course taken in hand by whoever supervises: assigned, moved, taken, closed.

Each act has its right, a reason from a closed list, its event and its row in the
trail, in one transaction. Then the desks concerned are woken: the one that loses
the contact, the one that is offered it, and every supervisor's.
"""

from collections.abc import Awaitable
from functools import partial
from uuid import UUID

from config.clock import Clock
from config.errors import Conflict, InvalidInput, NotAllowed
from config.helpline.helpline import Helpline
from config.vocabulary import (
    Channel,
    ContactActReason,
    ContactState,
    Disposition,
    EndedBy,
    EngagementState,
    PresenceState,
)
from contactcenter.centre.effects import Effects
from contactcenter.centre.queue.placement import Placements
from contactcenter.centre.staff.contact_desk import ContactDesk
from contactcenter.centre.staff.contact_ending import WRITTEN_UP
from contactcenter.centre.staff.destinations import Destinations
from contactcenter.centre.views import ContactView
from records.actor import Principal
from records.contacts.acceptance import has_place
from records.contacts.change import Change
from records.contacts.contacts import Contacts
from records.contacts.gate import ContactGate
from records.contacts.snapshot import ContactSnapshot, Placement
from records.engagements.engagement import Engagement
from records.engagements.engagements import Engagements
from records.policy import Relation, Right, may
from records.presence import PresenceStore

# What may become of a contact that nobody has talked with.
UNANSWERED = frozenset(
    {
        Disposition.ABANDONED,
        Disposition.DETERRED,
        Disposition.HANDED_OUTSIDE,
        Disposition.NON_CONTENT,
    }
)


class SupervisedContacts:
    """The acts of supervision on one contact."""

    def __init__(
        self,
        contacts: Contacts,
        engagements: Engagements,
        store: PresenceStore,
        gate: ContactGate,
        desk: ContactDesk,
        effects: Effects,
        placements: Placements,
        destinations: Destinations,
        clock: Clock,
    ) -> None:
        """Take everything from the composition root."""
        self._contacts = contacts
        self._engagements = engagements
        self._store = store
        self._gate = gate
        self._desk = desk
        self._effects = effects
        self._placements = placements
        self._destinations = destinations
        self._clock = clock

    @property
    def _helpline(self) -> Helpline:
        return self._placements.helpline

    async def assign(
        self,
        principal: Principal,
        contact_id: UUID,
        listener_id: UUID,
        reason: ContactActReason,
    ) -> ContactView:
        """Have a contact offered to one listener first, taking it from whoever has it.

        She is offered it at the head, in any lane, and may decline; after
        `preferred_listener_seconds` it is anybody's again. Whose it is already keeps
        it. Raises InvalidInput `listener_unknown`; Conflict `listener_not_ready` when
        it would only wait for her, `call_connecting`, `contact_gone`.
        """
        contact = await self._reach(principal, contact_id, Right.CONTACT_ASSIGN)
        await self._destinations.colleague(contact.line_id, listener_id)
        taken = await self._engagements.open_for_contact(contact_id)
        hers = taken is not None and taken.listener_id == listener_id
        if not hers and not self._is_kept_for(contact, listener_id):
            await self._check_free(listener_id, contact.channel)
            await self._offer_to(principal, contact, taken, listener_id, reason)
        return await self._desk.view(principal, contact_id)

    async def _offer_to(
        self,
        principal: Principal,
        contact: ContactSnapshot,
        taken: Engagement | None,
        listener_id: UUID,
        reason: ContactActReason,
    ) -> None:
        now, actor = self._clock.now(), principal
        until = self._destinations.preferred_until(now)
        if contact.state is ContactState.WAITING:
            change = await _while_waiting(
                self._contacts.assign(
                    contact.contact_id,
                    listener_id,
                    until,
                    self._helpline.urgency.returned_head_start_ms,
                    actor,
                    now,
                    reason.value,
                )
            )
            await self._effects.follow(change)
            return
        talking = _talking(contact, taken)
        change = await self._engagements.return_contact(
            contact.contact_id,
            reason.value,
            now,
            returned_to_head=True,
            engagement_id=talking.engagement_id,
            preferred_listener_id=listener_id,
            preferred_until=until,
            actor=actor,
        )
        if change.after.preferred_listener_id != listener_id:
            raise Conflict("somebody else has it by now", code="contact_taken")
        await self._effects.follow(change)

    def _is_kept_for(self, contact: ContactSnapshot, listener_id: UUID) -> bool:
        """Tell whether that was done a moment ago: said again, her offer is not taken back."""
        until = contact.preferred_until
        return (
            contact.state is ContactState.WAITING
            and contact.preferred_listener_id == listener_id
            and until is not None
            and until > self._clock.now()
        )

    async def _check_free(self, listener_id: UUID, channel: Channel) -> None:
        row = (await self._store.of([listener_id])).get(listener_id)
        if row is None or row.state is not PresenceState.READY:
            raise Conflict("not ready", code="listener_not_ready")
        load = (await self._store.loads(self._clock.now())).get(listener_id, ())
        calls = sum(each.channel is Channel.CALL for each in load)
        chats = len(load) - calls
        if not has_place(channel, calls, chats, row.max_chats, row.chats_beside_call):
            raise Conflict("no place left", code="listener_not_ready")

    async def take(
        self, principal: Principal, contact_id: UUID, reason: ContactActReason
    ) -> ContactView:
        """Have a contact offered to herself first; she must be ready for it, as anybody."""
        contact = await self._reach(principal, contact_id, Right.CONTACT_ASSIGN)
        serves = may(principal, Right.CONTACT_SERVE, Relation(contact.line_id, serving=True))
        if not serves or principal.profile_id is None:
            raise NotAllowed("takes no contacts", code="no_profile")
        return await self.assign(principal, contact_id, principal.staff_id, reason)

    async def move(
        self, principal: Principal, contact_id: UUID, queue: str, reason: ContactActReason
    ) -> ContactView:
        """Move a contact to another queue, in the order of its arrival.

        Who talks with somebody gives the contact back to waiting there, as in a
        hand-over. Already waiting there, nothing changes. Raises InvalidInput
        `queue_unknown`, Conflict `call_connecting`, `contact_gone`.
        """
        change = await self._engagements.relocate(
            contact_id, partial(self._place_in, queue), self._clock.now(), principal, reason.value
        )
        await self._effects.follow(change)
        return await self._desk.view(principal, contact_id)

    def _place_in(self, queue: str, contact: ContactSnapshot) -> Placement:
        self._destinations.queue(queue, contact.channel)
        return self._placements.moved(contact, queue)

    async def close(
        self,
        principal: Principal,
        contact_id: UUID,
        disposition: Disposition,
        non_content_code: str | None,
        reason: ContactActReason,
    ) -> ContactView:
        """End and close a contact that nobody will finish; the reason stands for the write-up.

        In any state, its listener's work included; a repeat answers the same.
        Raises InvalidInput when the disposition does not fit what happened (figures
        would be wrong), Conflict `already_closed`, `immediate_danger`.
        """
        contact = await self._reach(principal, contact_id, Right.CONTACT_ASSIGN)
        if contact.state is ContactState.CLOSED:
            _check_closed_as(contact, disposition, non_content_code)
            return await self._desk.view(principal, contact_id)
        self._check_disposition(contact, disposition, non_content_code)
        change = await self._contacts.turn_away(
            contact_id,
            disposition,
            reason.value,
            self._clock.now(),
            ended_by=EndedBy.COORDINATOR,
            actor=principal,
            non_content_code=non_content_code,
        )
        # Somebody else may have closed it meanwhile, in other words.
        _check_closed_as(change.after, disposition, non_content_code)
        await self._effects.follow(change)
        return await self._desk.view(principal, contact_id)

    def _check_disposition(
        self, contact: ContactSnapshot, disposition: Disposition, non_content_code: str | None
    ) -> None:
        fitting = UNANSWERED if contact.answered_at is None else WRITTEN_UP
        if disposition not in fitting:
            raise InvalidInput("does not fit what happened", field="disposition")
        known = {each.id for each in self._helpline.non_content_codes}
        if non_content_code is not None and non_content_code not in known:
            raise InvalidInput("no such code", field="non_content_code")

    async def _reach(self, principal: Principal, contact_id: UUID, right: Right) -> ContactSnapshot:
        await self._gate.check(principal, contact_id, right, self._clock.now())
        return await self._contacts.get(contact_id)


def _check_closed_as(
    contact: ContactSnapshot, disposition: Disposition, non_content_code: str | None
) -> None:
    if (contact.disposition, contact.non_content_code) != (disposition, non_content_code):
        raise Conflict("closed otherwise", code="already_closed")


async def _while_waiting(act: Awaitable[Change]) -> Change:
    """Return what became of a contact that waited when it was read; Conflict `contact_gone`."""
    try:
        return await act
    except Conflict as error:
        if error.code != "contact_not_waiting":
            raise
        raise Conflict("accepted or gone meanwhile", code="contact_gone") from None


def _talking(contact: ContactSnapshot, taken: Engagement | None) -> Engagement:
    """Return the engagement of whoever talks with the person; Conflict when nobody does."""
    if contact.state is not ContactState.ACTIVE or taken is None:
        raise Conflict("neither waiting nor served", code="contact_gone")
    if taken.state is EngagementState.CONNECTING:
        raise Conflict("the caller is not there yet", code="call_connecting")
    if taken.state is not EngagementState.TALKING:
        raise Conflict("neither waiting nor served", code="contact_gone")
    return taken
