"""What a listener does with a contact: read it, write to the person, and every act on it."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from config.vocabulary import (
    ContactState,
    EngagementState,
    Sender,
)
from contactcenter.centre.staff.contact_ending import ContactEnding
from contactcenter.centre.staff.contact_views import contact_summary
from contactcenter.centre.views import (
    ContactPage,
    ContactView,
    FormSavedView,
    FormValue,
    MessagePage,
    MessageView,
    SentView,
)
from contactcenter.centre.wakes import LISTENER
from records.actor import Principal
from records.messages.lines import Line
from records.policy import Right
from routing.wakeups import WakeKind


class ContactDesk(ContactEnding):
    """The acts of a desk; each passes one gate, and is committed before it answers."""

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
        found = await self._files.page(principal, state=state, limit=limit, before=before)
        now = self._clock.now()
        return ContactPage(
            contacts=[contact_summary(one, taken, self._helpline, now) for one, taken in found],
            next=found[-1][0].contact_id if len(found) == limit else None,
        )

    async def messages(
        self, principal: Principal, contact_id: UUID, *, after: int, limit: int
    ) -> MessagePage:
        """Return lines with a number above `after`, in order, at most `limit`."""
        lines = await self._messages.read(principal, contact_id, after, limit, self._clock.now())
        head = await self._messages.head(contact_id)
        return MessagePage(messages=[message_view(line) for line in lines], head_seq=head.head_seq)

    async def heads(self, contact_ids: Sequence[UUID]) -> dict[UUID, int]:
        """Return the number of the last line of each conversation: no content, so no gate."""
        return await self._messages.heads(contact_ids)

    async def vanished(self, contact_ids: Collection[UUID]) -> set[UUID]:
        """Return those of these contacts that are no more: a fail-over lost them."""
        return set(contact_ids) - (await self._contacts.states_of(contact_ids)).keys()

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
        subject, now = principal, self._clock.now()
        form = self._helpline.wrap_up_form
        saved = await self._forms.save(
            subject, contact_id, form.id, form.version, values, revision, now
        )
        return FormSavedView(revision=saved.revision, saved_at=saved.saved_at)


def message_view(line: Line) -> MessageView:
    """Return a stored line as a desk shows it."""
    return MessageView(seq=line.seq, cid=line.cid, sender=line.sender, text=line.text, at=line.at)
