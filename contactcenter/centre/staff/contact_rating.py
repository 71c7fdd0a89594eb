"""How urgent a contact is: raised, confirmed, corrected, or following from what is answered."""

from collections.abc import Collection, Mapping
from functools import partial
from uuid import UUID

from config.errors import InvalidInput
from config.vocabulary import Urgency, UrgencySource
from contactcenter.centre.staff.desk_acts import DeskActs
from contactcenter.centre.views import ContactView, FactorAnswer
from records.actor import Principal
from records.contacts.urgency import Rated
from routing.rank import band_of


class ContactRating(DeskActs):
    """The acts on urgency."""

    async def set_urgency(
        self,
        principal: Principal,
        contact_id: UUID,
        urgency: Urgency,
        *,
        reason: str | None,
        confirm: bool,
    ) -> ContactView:
        """Confirm, raise or correct the urgency; for who may, see `Contacts.set_urgency`."""
        change = await self._contacts.set_urgency(
            contact_id,
            urgency,
            band_of(urgency),
            self._placements.head_start_ms(urgency),
            UrgencySource.LISTENER,
            # The words of a reason are personal data; the trail keeps that one was given.
            "given" if reason else None,
            principal,
            self._clock.now(),
            confirmed=confirm,
        )
        await self._effects.follow(change)
        return await self.view_after(principal, change)

    def _rated(self, urgency: Urgency) -> Rated:
        head_start_ms = self._placements.head_start_ms(urgency)
        return Rated(urgency, band_of(urgency), head_start_ms, UrgencySource.LISTENER)

    async def tick(
        self, principal: Principal, contact_id: UUID, factors: Mapping[str, FactorAnswer]
    ) -> ContactView:
        """Keep what was answered of some factors; the urgency rises to their floor.

        The most severe floor among all that were ever answered yes, never a
        sum; « unknown » is not « no », and an answer taken back lowers nothing:
        lowering is `set_urgency`'s, with its own rules.
        """
        change = await self._contacts.tick(
            contact_id, dict(factors), partial(self._floor, factors), principal, self._clock.now()
        )
        await self._effects.follow(change)
        return await self.view_after(principal, change)

    def _floor(self, said: Collection[str], ticked: Collection[str]) -> Rated:
        known = {each.id for each in self._helpline.urgency.factors}
        if not known.issuperset(said):
            raise InvalidInput("no such factor", code="factor_unknown", field="factors")
        # Nothing ticked proposes nothing: the least of all never raises.
        return self._rated(self._helpline.urgency.floor(set(ticked)) or Urgency.U5)
