"""Contacts in memory, with their lines and forms; for tests of the API's edge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from config.errors import Conflict, NotFound
from config.ids import new_id
from config.vocabulary import (
    Audience,
    Channel,
    ContactState,
    Disposition,
    EngagementState,
    Sender,
    Urgency,
    UrgencySource,
)
from contactcenter.centre.views import (
    CaseReference,
    ContactPage,
    ContactSummary,
    ContactView,
    EngagementView,
    FactorAnswer,
    FormSavedView,
    FormValue,
    FormView,
    LossView,
    MessagePage,
    MessageView,
    SentView,
    WrapUpView,
)
from records.actor import Principal
from tests.kit.staff_people import NOON


@dataclass
class _Line:
    view: MessageView
    text: str


@dataclass
class MemoryContacts:
    """Contacts with their lines and forms."""

    contacts: dict[UUID, ContactView] = field(default_factory=dict)
    lines: dict[UUID, list[_Line]] = field(default_factory=dict)
    typed: list[UUID] = field(default_factory=list)
    read_up_to: dict[UUID, int] = field(default_factory=dict)
    failing: Exception | None = None
    extensions_left: int = 2

    def waiting(self) -> ContactView:
        """Take in a chat that waits."""
        contact = ContactView(
            contact_id=new_id(),
            line="dlpm",
            channel=Channel.CHAT,
            queue="mineur",
            queue_label="Mineurs",
            state=ContactState.WAITING,
            urgency=Urgency.U2,
            urgency_source=UrgencySource.DECLARED,
            urgency_confirmed=False,
            audience=Audience.MINOR,
            language="fr",
            department="75",
            arrived_at=NOON,
            queued_at=NOON,
            waited_seconds=12,
            version=1,
        )
        self.contacts[contact.contact_id] = contact
        self.lines[contact.contact_id] = []
        return contact

    def engage(self, principal: Principal, contact_id: UUID, engagement_id: UUID) -> ContactView:
        """Make the contact hers."""
        engagement = EngagementView(
            engagement_id=engagement_id,
            listener_id=principal.staff_id,
            listener_name=principal.display_name,
            state=EngagementState.TALKING,
            accepted_at=NOON,
            talking_at=NOON,
        )
        form = FormView(form_id="fiche", form_version=1, revision=0, values={})
        return self._change(contact_id, state=ContactState.ACTIVE, engagement=engagement, form=form)

    async def view(self, principal: Principal, contact_id: UUID) -> ContactView:
        if self.failing is not None:
            raise self.failing
        try:
            return self.contacts[contact_id]
        except KeyError:
            raise NotFound from None

    async def engaged(self, principal: Principal) -> list[ContactView]:
        return [
            contact
            for contact in self.contacts.values()
            if contact.engagement is not None
            and contact.engagement.listener_id == principal.staff_id
        ]

    async def losses(self, principal: Principal) -> list[LossView]:
        return []

    async def losses_seen(self, principal: Principal, until: datetime) -> None:
        del principal, until

    async def list(
        self,
        principal: Principal,
        *,
        state: ContactState | None,
        limit: int,
        before: UUID | None,
    ) -> ContactPage:
        found = sorted(
            (
                contact
                for contact in self.contacts.values()
                if (state is None or contact.state is state)
                and (before is None or contact.contact_id < before)
            ),
            key=lambda contact: contact.contact_id,
            reverse=True,
        )
        fields = set(ContactSummary.model_fields)
        page = [ContactSummary(**one.model_dump(include=fields)) for one in found[:limit]]
        return ContactPage(contacts=page, next=page[-1].contact_id if len(found) > limit else None)

    async def messages(
        self, principal: Principal, contact_id: UUID, *, after: int, limit: int
    ) -> MessagePage:
        await self.view(principal, contact_id)
        lines = self.lines[contact_id]
        return MessagePage(
            messages=[line.view for line in lines if line.view.seq > after][:limit],
            head_seq=len(lines),
        )

    async def send(self, principal: Principal, contact_id: UUID, cid: UUID, text: str) -> SentView:
        contact = await self.view(principal, contact_id)
        lines = self.lines[contact_id]
        for line in lines:
            if line.view.cid == cid:
                if line.text != text:
                    raise Conflict(code="cid_reused")
                return SentView(cid=cid, seq=line.view.seq, at=line.view.at)
        if contact.state is not ContactState.ACTIVE:
            raise Conflict(code="conversation_closed")
        view = MessageView(seq=len(lines) + 1, cid=cid, sender=Sender.LISTENER, text=text, at=NOON)
        lines.append(_Line(view, text))
        return SentView(cid=cid, seq=view.seq, at=NOON)

    async def typing(self, principal: Principal, contact_id: UUID) -> None:
        await self.view(principal, contact_id)
        self.typed.append(contact_id)

    async def read(self, principal: Principal, contact_id: UUID, seq: int) -> None:
        await self.view(principal, contact_id)
        self.read_up_to[contact_id] = max(seq, self.read_up_to.get(contact_id, 0))

    async def save_form(
        self,
        principal: Principal,
        contact_id: UUID,
        values: Mapping[str, FormValue],
        revision: int,
    ) -> FormSavedView:
        form = (await self.view(principal, contact_id)).form
        if form is None or form.revision != revision:
            raise Conflict(code="form_conflict")
        saved = FormView(
            form_id=form.form_id,
            form_version=form.form_version,
            revision=revision + 1,
            values=dict(values),
            saved_at=NOON,
        )
        self._change(contact_id, form=saved)
        return FormSavedView(revision=saved.revision, saved_at=NOON)

    async def set_urgency(
        self,
        principal: Principal,
        contact_id: UUID,
        urgency: Urgency,
        *,
        reason: str | None,
        confirm: bool,
    ) -> ContactView:
        del reason
        await self.view(principal, contact_id)
        return self._change(contact_id, urgency=urgency, urgency_confirmed=confirm)

    async def tick(
        self, principal: Principal, contact_id: UUID, factors: Mapping[str, FactorAnswer]
    ) -> ContactView:
        contact = await self.view(principal, contact_id)
        return self._change(contact_id, factors={**contact.factors, **factors})

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
        del needs, urgency, listener_id
        contact = await self.view(principal, contact_id)
        if contact.state is not ContactState.ACTIVE:
            raise Conflict(code="contact_gone")
        return self._change(contact_id, state=ContactState.WAITING, queue=queue)

    async def extend_wrap_up(
        self, principal: Principal, contact_id: UUID, shown_until: datetime | None
    ) -> WrapUpView:
        await self.view(principal, contact_id)
        if self.extensions_left == 0:
            raise Conflict(code="wrap_up_limit")
        self.extensions_left -= 1
        return WrapUpView(wrap_up_until=NOON, wrap_up_extensions_left=self.extensions_left)

    def shut(self, contact_id: UUID, disposition: Disposition) -> ContactView:
        """Close a contact, whatever its state."""
        return self._change(
            contact_id, state=ContactState.CLOSED, disposition=disposition, closed_at=NOON
        )

    async def end(self, principal: Principal, contact_id: UUID) -> ContactView:
        contact = await self.view(principal, contact_id)
        if contact.state in {ContactState.ENDED, ContactState.CLOSED}:
            return contact
        return self._change(contact_id, state=ContactState.ENDED, ended_at=NOON)

    async def close(
        self,
        principal: Principal,
        contact_id: UUID,
        disposition: Disposition,
        non_content_code: str | None,
    ) -> ContactView:
        contact = await self.view(principal, contact_id)
        if contact.state is not ContactState.ENDED:
            raise Conflict(code="contact_open")
        if not contact.cases and non_content_code is None:
            raise Conflict(code="case_or_code_needed")
        return self._change(
            contact_id, state=ContactState.CLOSED, disposition=disposition, closed_at=NOON
        )

    def attach(self, contact_id: UUID, case: CaseReference) -> ContactView:
        """Note the case on the contact."""
        return self._change(contact_id, cases=[case])

    def _change(self, contact_id: UUID, **values: object) -> ContactView:
        contact = self.contacts[contact_id]
        changed = contact.model_copy(update={"version": contact.version + 1, **values})
        self.contacts[contact_id] = changed
        return changed
