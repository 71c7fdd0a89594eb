"""What is owed after a contact, for those who see to it; every gate and trace is in records."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from config.clock import Clock
from config.helpline.helpline import Helpline
from config.vocabulary import FollowUpOutcome, NumberReason
from contactcenter.centre.staff.contact_views import queue_label
from contactcenter.centre.supervision_views import FollowUpList, FollowUpView, NumberView
from contactcenter.centre.views import ColleagueView
from records.actor import Principal
from records.follow_ups import FollowUp, FollowUps
from records.supervision import Floor


class FollowUpDesk:
    """Follow-ups for the API and the pages."""

    def __init__(
        self, follow_ups: FollowUps, floor: Floor, helpline: Helpline, clock: Clock
    ) -> None:
        """Read colleagues' names from `floor`."""
        self._follow_ups = follow_ups
        self._floor = floor
        self._helpline = helpline
        self._clock = clock

    async def list(self, principal: Principal) -> FollowUpList:
        """Return what is open or claimed on her lines, the first due first."""
        found = await self._follow_ups.list_open(principal)
        return FollowUpList(follow_ups=[*await self._views(found)])

    async def claim(self, principal: Principal, follow_up_id: UUID) -> FollowUpView:
        """Make it hers: of any number who try, one gets it."""
        now = self._clock.now()
        return await self._view(await self._follow_ups.claim(principal, follow_up_id, now))

    async def release(self, principal: Principal, follow_up_id: UUID) -> FollowUpView:
        """Give it back for any colleague to take on."""
        now = self._clock.now()
        return await self._view(await self._follow_ups.release(principal, follow_up_id, now))

    async def read_number(
        self, principal: Principal, follow_up_id: UUID, reason: NumberReason
    ) -> NumberView:
        """Return the number of a callback that is hers; each reading is in the trail."""
        subject, now = principal, self._clock.now()
        number = await self._follow_ups.read_number(subject, follow_up_id, reason, now)
        return NumberView(number=number)

    async def done(
        self, principal: Principal, follow_up_id: UUID, outcome: FollowUpOutcome
    ) -> FollowUpView:
        """Settle it; a repeat answers the same."""
        subject, now = principal, self._clock.now()
        return await self._view(
            await self._follow_ups.done(subject, follow_up_id, outcome.value, now)
        )

    async def drop(
        self, principal: Principal, follow_up_id: UUID, outcome: FollowUpOutcome
    ) -> FollowUpView:
        """Give it up for good; a repeat answers the same."""
        subject, now = principal, self._clock.now()
        return await self._view(
            await self._follow_ups.drop(subject, follow_up_id, outcome.value, now)
        )

    async def _view(self, follow_up: FollowUp) -> FollowUpView:
        return (await self._views([follow_up]))[0]

    async def _views(self, found: Iterable[FollowUp]) -> Sequence[FollowUpView]:
        tasks = tuple(found)
        claimers = {each.claimed_by for each in tasks if each.claimed_by is not None}
        names = await self._floor.names(claimers) if claimers else {}
        return [
            FollowUpView(
                follow_up_id=each.follow_up_id,
                kind=each.kind,
                state=each.state,
                contact_id=each.contact_id,
                line=each.line_id,
                queue=each.queue,
                queue_label=queue_label(self._helpline, each.queue),
                due_at=each.due_at,
                created_at=each.created_at,
                claimed_by=_colleague(each.claimed_by, names),
                claimed_at=each.claimed_at,
                done_at=each.done_at,
                outcome=each.outcome_code,
                version=each.version,
            )
            for each in tasks
        ]


def _colleague(staff_id: UUID | None, names: dict[UUID, str]) -> ColleagueView | None:
    if staff_id is None or staff_id not in names:
        return None
    return ColleagueView(staff_id=staff_id, display_name=names[staff_id])
