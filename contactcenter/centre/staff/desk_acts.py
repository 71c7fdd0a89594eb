"""What every act of a desk on a contact begins with: the gate, and the contact as it is shown."""

from uuid import UUID

from config.clock import Clock
from config.helpline.helpline import Helpline
from contactcenter.centre.effects import Effects
from contactcenter.centre.queue.placement import Placements
from contactcenter.centre.staff.contact_views import contact_view
from contactcenter.centre.staff.destinations import Destinations
from contactcenter.centre.staff.shared_views import Fits, SharedViews
from contactcenter.centre.views import ContactView
from contactcenter.centre.wakes import Wakes
from records.access import ReachedContact
from records.actor import Principal
from records.contacts.change import Change
from records.contacts.contacts import Contacts
from records.contacts.file import ContactFiles
from records.contacts.gate import ContactGate
from records.engagements.engagements import Engagements
from records.forms.forms import Forms
from records.messages.messages import Messages
from records.policy import Right


class DeskActs:
    """What acts on contacts work with; each passes one gate, and is committed before it answers."""

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
        destinations: Destinations,
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
        self._destinations = destinations
        self._clock = clock
        self._shared = SharedViews(self.view)

    @property
    def _helpline(self) -> Helpline:
        return self._placements.helpline

    async def view_after(self, principal: Principal, change: Change) -> ContactView:
        """Return the contact as it is after a change, or later; read once for all who ask."""
        if not change.happened:
            return await self.view(principal, change.after.contact_id)
        return await self.view_that(
            principal,
            change.after.contact_id,
            lambda view: view.version >= change.after.version,
        )

    async def view_that(self, principal: Principal, contact_id: UUID, fits: Fits) -> ContactView:
        """Return the contact from a reading that fits; see SharedViews."""
        return await self._shared.get(principal, contact_id, fits)

    async def view(self, principal: Principal, contact_id: UUID) -> ContactView:
        """Return the contact with its form, cases, factors and events."""
        now = self._clock.now()
        file = await self._files.read(principal, contact_id, now)
        return contact_view(file, self._helpline, now)

    async def _reach(self, principal: Principal, contact_id: UUID, right: Right) -> ReachedContact:
        return await self._gate.check(principal, contact_id, right, self._clock.now())
