"""What a listener does with a contact: read, write, rate, end, write up, close."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from config.clock import Clock
from config.errors import Conflict, InvalidInput, NotAllowed
from config.helpline.helpline import Helpline
from config.vocabulary import (
    ContactState,
    Disposition,
    EndedBy,
    EngagementState,
    Sender,
    Urgency,
    UrgencySource,
)
from contactcenter.auth.principal import Principal
from contactcenter.centre.effects import Effects
from contactcenter.centre.queue.placement import Placements
from contactcenter.centre.staff.contact_views import contact_summary, contact_view
from contactcenter.centre.staff.subjects import actor_of, subject_of
from contactcenter.centre.views import (
    ContactPage,
    ContactView,
    FormSavedView,
    FormValue,
    MessagePage,
    MessageView,
    SentView,
)
from contactcenter.centre.wakes import LISTENER, Wakes
from records.access import ReachedContact
from records.contacts import Contacts
from records.contacts.file import ContactFiles
from records.contacts.gate import ContactGate
from records.engagements import Engagements
from records.forms.forms import Forms
from records.messages.lines import Line
from records.messages.messages import Messages
from records.policy import Right
from routing.wakeups import WakeKind

# What may become of a contact that a listener had; the others are the service's to say.
WRITTEN_UP = frozenset({Disposition.TREATED, Disposition.HANDED_OUTSIDE, Disposition.NON_CONTENT})


class ContactDesk:
    """The acts of a desk; each passes one gate, and is committed before it answers."""

    def __init__(
        self,
        contacts: Contacts,
        engagements: Engagements,
        files: ContactFiles,
        gate: ContactGate,
        messages: Messages,
        forms: Forms,
        effects: Effects,
        wakes: Wakes,
        placements: Placements,
        clock: Clock,
    ) -> None:
        """Take everything from the composition root."""
        self._contacts = contacts
        self._engagements = engagements
        self._files = files
        self._gate = gate
        self._messages = messages
        self._forms = forms
        self._effects = effects
        self._wakes = wakes
        self._placements = placements
        self._clock = clock

    @property
    def _helpline(self) -> Helpline:
        return self._placements.helpline

    async def view(self, principal: Principal, contact_id: UUID) -> ContactView:
        """Return the contact with its form, cases and events."""
        now = self._clock.now()
        file = await self._files.read(subject_of(principal), contact_id, now)
        return contact_view(file, self._helpline, now)

    async def lost(self, shown: ContactView) -> ContactView:
        """Return a contact as its former listener last saw it, waiting again or closed."""
        contact = await self._contacts.get(shown.contact_id)
        closed = contact.state is ContactState.CLOSED
        engagement = shown.engagement
        return shown.model_copy(
            update={
                "state": ContactState.CLOSED if closed else ContactState.WAITING,
                "version": contact.version,
                "engagement": engagement
                and engagement.model_copy(update={"state": EngagementState.NOT_CONNECTED}),
            }
        )

    async def engaged(self, principal: Principal) -> list[ContactView]:
        """Return the contacts she has an open engagement on, oldest first."""
        open_ = await self._engagements.open_for_listener(principal.staff_id)
        return [await self.view(principal, each.contact_id) for each in open_]

    async def list(
        self,
        principal: Principal,
        *,
        state: ContactState | None,
        limit: int,
        before: UUID | None,
    ) -> ContactPage:
        """Return the contacts she may know of, newest first, at most `limit`."""
        found = await self._files.page(
            subject_of(principal), state=state, limit=limit, before=before
        )
        now = self._clock.now()
        return ContactPage(
            contacts=[contact_summary(one, taken, self._helpline, now) for one, taken in found],
            next=found[-1][0].contact_id if len(found) == limit else None,
        )

    async def messages(
        self, principal: Principal, contact_id: UUID, *, after: int, limit: int
    ) -> MessagePage:
        """Return lines with a number above `after`, in order, at most `limit`."""
        lines = await self._messages.read(
            subject_of(principal), contact_id, after, limit, self._clock.now()
        )
        head = await self._messages.head(contact_id)
        return MessagePage(messages=[message_view(line) for line in lines], head_seq=head.head_seq)

    async def heads(self, contact_ids: Sequence[UUID]) -> dict[UUID, int]:
        """Return the number of the last line of each conversation: no content, so no gate."""
        return await self._messages.heads(contact_ids)

    async def send(self, principal: Principal, contact_id: UUID, cid: UUID, text: str) -> SentView:
        """Store her line; answers only after the commit. A known `cid` answers the same."""
        await self._reach(principal, contact_id, Right.CONTACT_SERVE)
        stored = await self._messages.append(
            contact_id, Sender.LISTENER, cid, text, staff_id=principal.staff_id
        )
        await self._wakes.tell(WakeKind.MESSAGE, contact_id)
        return SentView(cid=cid, seq=stored.seq, at=stored.at)

    async def typing(self, principal: Principal, contact_id: UUID) -> None:
        """Tell the person that she is writing; lost without harm."""
        await self._reach(principal, contact_id, Right.CONTACT_SERVE)
        await self._wakes.tell(WakeKind.TYPING, contact_id, LISTENER)

    async def read(self, principal: Principal, contact_id: UUID, seq: int) -> None:
        """Note that she has read up to `seq`; never moves back."""
        await self._reach(principal, contact_id, Right.CONTACT_SERVE)
        moved = await self._messages.mark_read(contact_id, Sender.LISTENER, seq)
        if moved is not None:
            await self._wakes.tell(WakeKind.READ, contact_id, LISTENER, moved)

    async def save_form(
        self,
        principal: Principal,
        contact_id: UUID,
        values: Mapping[str, FormValue],
        revision: int,
    ) -> FormSavedView:
        """Save the write-up over `revision`; Conflict `form_conflict` when another save won."""
        subject, now = subject_of(principal), self._clock.now()
        form = self._helpline.wrap_up_form
        saved = await self._forms.save(
            subject, contact_id, form.id, form.version, values, revision, now
        )
        return FormSavedView(revision=saved.revision, saved_at=saved.saved_at)

    async def set_urgency(
        self,
        principal: Principal,
        contact_id: UUID,
        urgency: Urgency,
        *,
        reason: str | None,
        confirm: bool,
    ) -> ContactView:
        """Confirm, raise or correct the urgency; see `_right_to_rate` for who may."""
        # Anyone raises, but nobody what she may not know of: she would be told « no »
        # of a change that was made.
        await self._reach(principal, contact_id, Right.CONTACT_READ)
        contact = await self._contacts.get(contact_id)
        right = self._right_to_rate(contact.urgency, contact.urgency_source, urgency, confirm)
        await self._reach(principal, contact_id, right)
        lowers = right is Right.CONTACT_URGENCY_LOWER
        if lowers and reason is None:
            raise InvalidInput("lowering needs a reason", code="reason_needed", field="reason")
        after = await self._contacts.set_urgency(
            contact_id,
            urgency,
            0 if urgency is Urgency.U1 else 1,
            self._placements.head_start_ms(urgency),
            UrgencySource.COORDINATOR if lowers else UrgencySource.LISTENER,
            # The words of a reason are personal data; the trail keeps that one was given.
            "given" if reason else None,
            actor_of(principal),
            self._clock.now(),
            confirmed=confirm,
            judged=contact,
        )
        await self._effects.changed(after)
        return await self.view(principal, contact_id)

    def _right_to_rate(
        self,
        before: Urgency | None,
        source: UrgencySource | None,
        after: Urgency,
        confirm: bool,
    ) -> Right:
        """Return the right that this change of urgency asks for.

        Anyone raises. Whoever serves the contact confirms or corrects what was
        declared, once. Lowering a U1 or U2 otherwise is the coordinator's.
        """
        if before is None or after < before:
            return Right.CONTACT_URGENCY_RAISE
        if after == before or source in (UrgencySource.DECLARED, UrgencySource.SYSTEM):
            return Right.CONTACT_URGENCY_CONFIRM
        if before <= Urgency.U2:
            return Right.CONTACT_URGENCY_LOWER
        return Right.CONTACT_URGENCY_CONFIRM if confirm else Right.CONTACT_URGENCY_LOWER

    async def end(self, principal: Principal, contact_id: UUID) -> ContactView:
        """End the conversation or the call; an ended contact is returned as it is."""
        reached = await self._reach_unclosed(principal, contact_id)
        taken = await self._engagements.open_for_contact(contact_id)
        after = await self._contacts.end(
            contact_id,
            EndedBy.LISTENER,
            "ended_at_desk",
            self._clock.now(),
            actor=actor_of(principal),
            turn=reached.turn,
        )
        await self._effects.ended(after, taken)
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
            await self._check_complete(contact_id, disposition, non_content_code)
        taken = await self._engagements.open_for_contact(contact_id)
        try:
            after = await self._contacts.close(
                contact_id, actor_of(principal), disposition, non_content_code, self._clock.now()
            )
        except Conflict as error:
            if error.code == "contact_not_ended":
                raise Conflict("the person is still there", code="contact_open") from None
            raise
        await self._effects.changed(after)
        if taken is not None and taken.state is EngagementState.WRAP_UP:
            await self._effects.freed(taken)
        return await self.view(principal, contact_id)

    async def _check_complete(
        self, contact_id: UUID, disposition: Disposition, non_content_code: str | None
    ) -> None:
        if disposition not in WRITTEN_UP:
            # An answered contact was neither abandoned nor deterred: figures would be wrong.
            raise InvalidInput("not of a contact that was answered", field="disposition")
        known = {each.id for each in self._helpline.non_content_codes}
        if non_content_code is not None and non_content_code not in known:
            raise InvalidInput("no such code", field="non_content_code")
        missing = await self._forms.missing_for_close(
            contact_id, disposition, self._helpline.wrap_up_form
        )
        if missing:
            raise InvalidInput("a question is unanswered", code="form_incomplete", field=missing[0])

    async def _reach_unclosed(self, principal: Principal, contact_id: UUID) -> ReachedContact:
        """Let pass whoever serves the contact; once it is closed, whoever may read it.

        The last act of a contact takes the right to serve it away: sent again
        after a lost answer, it must be told what it did, not that it may not.
        """
        reached = await self._reach(principal, contact_id, Right.CONTACT_READ)
        if reached.state == ContactState.CLOSED:
            return reached
        return await self._reach(principal, contact_id, Right.CONTACT_SERVE)

    async def _reach(self, principal: Principal, contact_id: UUID, right: Right) -> ReachedContact:
        now = self._clock.now()
        try:
            return await self._gate.check(subject_of(principal), contact_id, right, now)
        except NotAllowed:
            if right is Right.CONTACT_URGENCY_LOWER:
                raise NotAllowed("the coordinator lowers", code="coordinator_needed") from None
            raise


def message_view(line: Line) -> MessageView:
    """Return a stored line as a desk shows it."""
    return MessageView(seq=line.seq, cid=line.cid, sender=line.sender, text=line.text, at=line.at)
