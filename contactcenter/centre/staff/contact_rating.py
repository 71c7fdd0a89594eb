"""How urgent a contact is: raised, confirmed, corrected, or following from what is answered."""

from collections.abc import Mapping
from uuid import UUID

from config.errors import InvalidInput
from config.vocabulary import Urgency, UrgencySource
from contactcenter.centre.staff.contact_views import factor_answers
from contactcenter.centre.staff.desk_acts import DeskActs
from contactcenter.centre.views import ContactView, FactorAnswer
from records.actor import Principal
from records.policy import Right
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
        """Confirm, raise or correct the urgency; see `_right_to_rate` for who may."""
        # Whoever may read a contact raises it (decision 0026), and nobody else: they would be
        # told « no » of a change that was made, or learn of a contact by its id.
        await self._reach(principal, contact_id, Right.CONTACT_READ)
        contact = await self._contacts.get(contact_id)
        right = self._right_to_rate(contact.urgency, contact.urgency_source, urgency, confirm)
        await self._reach(principal, contact_id, right)
        lowers = right is Right.CONTACT_URGENCY_LOWER
        if lowers and reason is None:
            raise InvalidInput("lowering needs a reason", code="reason_needed", field="reason")
        change = await self._contacts.set_urgency(
            contact_id,
            urgency,
            band_of(urgency),
            self._placements.head_start_ms(urgency),
            UrgencySource.COORDINATOR if lowers else UrgencySource.LISTENER,
            # The words of a reason are personal data; the trail keeps that one was given.
            "given" if reason else None,
            principal,
            self._clock.now(),
            confirmed=confirm,
            judged=contact,
        )
        await self._effects.follow(change)
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

    async def tick(
        self, principal: Principal, contact_id: UUID, factors: Mapping[str, FactorAnswer]
    ) -> ContactView:
        """Keep what was answered of some factors; the urgency rises to their floor.

        The most severe floor among all that were ever answered yes, never a
        sum; « unknown » is not « no », and an answer taken back lowers nothing:
        lowering is `set_urgency`'s, with its own rules.
        """
        await self._reach(principal, contact_id, Right.CONTACT_SERVE)
        known = {each.id for each in self._helpline.urgency.factors}
        if not known.issuperset(factors):
            raise InvalidInput("no such factor", code="factor_unknown", field="factors")
        before = factor_answers(await self._contacts.facts(contact_id))
        ticked = {each for each, said in {**before, **factors}.items() if said == "yes"}
        # Nothing ticked proposes nothing: the least of all never raises.
        urgency = self._helpline.urgency.floor(ticked) or Urgency.U5
        change = await self._contacts.tick(
            contact_id,
            dict(factors),
            urgency,
            band_of(urgency),
            self._placements.head_start_ms(urgency),
            principal,
            self._clock.now(),
        )
        await self._effects.follow(change)
        return await self.view(principal, contact_id)
