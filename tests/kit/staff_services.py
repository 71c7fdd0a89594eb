"""The application services in memory: small and true, for tests of the API's edge.

They keep the promises of contactcenter.api.services as far as one contact,
one case and a few people go. They check no rights on objects: that is the
services' own work and is tested with them.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

from config.errors import CentreError, Conflict, NotFound
from config.ids import new_id
from config.vocabulary import (
    CaseState,
    DeclineReason,
)
from contactcenter.api.services import StaffServices
from contactcenter.centre.list_views import FormDefinitionView, FormFieldView
from contactcenter.centre.live_events import LiveEvent
from contactcenter.centre.views import (
    CaseContactView,
    CasePage,
    CaseReference,
    CaseSummary,
    CaseView,
    ColleagueView,
    OfferView,
    SoftphoneTokenView,
    SoftphoneView,
)
from records.actor import Principal
from tests.kit.staff_contacts import MemoryContacts
from tests.kit.staff_people import NOON, MemoryAccounts, MemoryPresence
from tests.kit.staff_supervision import (
    MemoryColleagues,
    MemoryFollowUps,
    MemorySupervised,
    MemorySupervision,
)


class MemoryOffers:
    """At most one offer a person; accepting engages her on the contact."""

    def __init__(self, contacts: MemoryContacts) -> None:
        self._contacts = contacts
        self.open: dict[UUID, OfferView] = {}
        self.seen_ids: list[UUID] = []
        self.declined: list[tuple[UUID, DeclineReason]] = []
        self.accepted: dict[UUID, UUID] = {}

    def offer(self, principal: Principal) -> OfferView:
        """Propose a waiting contact to the person."""
        contact = self._contacts.waiting()
        view = OfferView(
            offer_id=new_id(),
            contact_id=contact.contact_id,
            channel=contact.channel,
            queue=contact.queue,
            queue_label=contact.queue_label,
            urgency=contact.urgency,
            audience=contact.audience,
            waited_seconds=12,
            offered_at=NOON,
            expires_at=NOON + timedelta(seconds=20),
            server_now=NOON,
        )
        self.open[principal.staff_id] = view
        return view

    async def current(self, principal: Principal) -> OfferView | None:
        return self.open.get(principal.staff_id)

    async def seen(self, principal: Principal, offer_id: UUID) -> None:
        self._mine(principal, offer_id)
        self.seen_ids.append(offer_id)

    async def accept(self, principal: Principal, offer_id: UUID) -> UUID:
        if offer_id in self.accepted:
            return self.accepted[offer_id]
        offer = self._mine(principal, offer_id)
        del self.open[principal.staff_id]
        self._contacts.engage(principal, offer.contact_id, offer_id)
        self.accepted[offer_id] = offer.contact_id
        return offer.contact_id

    async def decline(self, principal: Principal, offer_id: UUID, reason: DeclineReason) -> None:
        self._mine(principal, offer_id)
        del self.open[principal.staff_id]
        self.declined.append((offer_id, reason))

    def _mine(self, principal: Principal, offer_id: UUID) -> OfferView:
        offer = self.open.get(principal.staff_id)
        if offer is None or offer.offer_id != offer_id:
            raise Conflict(code="offer_expired")
        return offer


class MemoryCases:
    """Cases and the contacts attached to them."""

    def __init__(self, contacts: MemoryContacts) -> None:
        self._contacts = contacts
        self.cases: dict[UUID, CaseView] = {}

    async def create(
        self, principal: Principal, *, label: str | None, department: str | None
    ) -> CaseView:
        case = CaseView(
            case_id=new_id(),
            reference=f"D-{len(self.cases) + 1:04}",
            state=CaseState.OPEN,
            label=label,
            department=department,
            created_at=NOON,
            follower=ColleagueView(
                staff_id=principal.staff_id, display_name=principal.display_name
            ),
            contacts=[],
        )
        self.cases[case.case_id] = case
        return case

    async def get(self, principal: Principal, case_id: UUID) -> CaseView:
        try:
            return self.cases[case_id]
        except KeyError:
            raise NotFound from None

    async def list(self, principal: Principal, *, reference: str | None, limit: int) -> CasePage:
        found = [one for one in self.cases.values() if reference in {None, one.reference}]
        return CasePage(
            cases=[CaseSummary(**one.model_dump(exclude={"contacts"})) for one in found[:limit]]
        )

    async def attach(self, principal: Principal, case_id: UUID, contact_id: UUID) -> CaseView:
        case = await self.get(principal, case_id)
        contact = await self._contacts.view(principal, contact_id)
        if all(one.contact_id != contact_id for one in case.contacts):
            line = CaseContactView(
                contact_id=contact_id,
                channel=contact.channel,
                arrived_at=contact.arrived_at,
                waited_seconds=contact.waited_seconds,
                urgency=contact.urgency,
                state=contact.state,
            )
            case = case.model_copy(update={"contacts": [*case.contacts, line]})
            self.cases[case_id] = case
            self._contacts.attach(
                contact_id, CaseReference(case_id=case_id, reference=case.reference)
            )
        return case


class MemoryForms:
    """One form, at version 1."""

    async def definition(
        self, principal: Principal, form_id: str, form_version: int
    ) -> FormDefinitionView:
        if (form_id, form_version) != ("fiche", 1):
            raise NotFound
        note = FormFieldView(
            id="note",
            type="long_text",
            field_class="sealed",
            label={"fr": "Note", "en": "Note"},
            required_for_close=True,
        )
        return FormDefinitionView(form_id=form_id, form_version=form_version, fields=[note])


class MemorySoftphones:
    """The emulator's softphone."""

    def view(self, principal: Principal) -> SoftphoneView:
        return SoftphoneView(kind="emulator", url="http://127.0.0.1:8070")

    async def token(self, principal: Principal) -> SoftphoneTokenView:
        return SoftphoneTokenView(
            expires_in=3600,
            token="a.b.c",
            identity=f"listener-{principal.staff_id}",
            kind="emulator",
            url="http://127.0.0.1:8070",
        )


class MemoryHub:
    """Events by person, to whoever listens at that moment."""

    def __init__(self) -> None:
        self._queues: dict[UUID, list[asyncio.Queue[LiveEvent | CentreError]]] = {}

    @asynccontextmanager
    async def subscribe(self, principal: Principal) -> AsyncIterator[AsyncIterator[LiveEvent]]:
        queue: asyncio.Queue[LiveEvent | CentreError] = asyncio.Queue()
        self._queues.setdefault(principal.staff_id, []).append(queue)
        try:
            yield self._events(queue)
        finally:
            self._queues[principal.staff_id].remove(queue)

    def listening(self, principal: Principal) -> int:
        """Return how many sockets this person has."""
        return len(self._queues.get(principal.staff_id, []))

    def tell(self, principal: Principal, event: LiveEvent | CentreError) -> None:
        """Send an event to each of her sockets; an error ends them."""
        for queue in self._queues.get(principal.staff_id, []):
            queue.put_nowait(event)

    async def _events(
        self, queue: asyncio.Queue[LiveEvent | CentreError]
    ) -> AsyncIterator[LiveEvent]:
        while True:
            event = await queue.get()
            if isinstance(event, CentreError):
                raise event
            yield event


class MemoryServices:
    """All of them, each under its own type so that a test can look inside."""

    def __init__(self) -> None:
        self.accounts = MemoryAccounts()
        self.presence = MemoryPresence()
        self.contacts = MemoryContacts()
        self.offers = MemoryOffers(self.contacts)
        self.cases = MemoryCases(self.contacts)
        self.forms = MemoryForms()
        self.softphones = MemorySoftphones()
        self.hub = MemoryHub()
        self.supervision = MemorySupervision()
        self.supervised = MemorySupervised(self.contacts)
        self.follow_ups = MemoryFollowUps()
        self.colleagues = MemoryColleagues()

    def bundle(self) -> StaffServices:
        """Return them as the API takes them."""
        return StaffServices(
            accounts=self.accounts,
            presence=self.presence,
            offers=self.offers,
            contacts=self.contacts,
            cases=self.cases,
            forms=self.forms,
            softphones=self.softphones,
            live=self.hub,
            supervision=self.supervision,
            supervised=self.supervised,
            follow_ups=self.follow_ups,
            colleagues=self.colleagues,
        )
