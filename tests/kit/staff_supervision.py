"""Supervision and follow-ups in memory: what was asked of them, and small true answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from config.errors import Conflict, InvalidInput, NotFound
from config.ids import new_id
from config.vocabulary import (
    Channel,
    ContactActReason,
    Disposition,
    FollowUpKind,
    FollowUpOutcome,
    FollowUpState,
    ListenerActReason,
    NumberReason,
    PresenceState,
    QueueActReason,
)
from contactcenter.centre.supervision_views import (
    ColleagueList,
    FollowUpList,
    FollowUpView,
    NumberView,
    OverrideView,
    PresentColleague,
    QueueFigures,
    ServiceTargetView,
    SupervisionView,
)
from contactcenter.centre.views import ColleagueView, ContactView, PresenceView
from records.actor import Principal
from tests.kit.staff_contacts import MemoryContacts
from tests.kit.staff_people import NOON


def figures() -> QueueFigures:
    """Return a queue with two answered and one lost."""
    return QueueFigures(
        queue="mineur",
        label="Mineurs",
        channel=Channel.CHAT,
        waiting=1,
        longest_wait_seconds=12,
        window_seconds=1800,
        answered=2,
        abandoned=1,
        service_level=67,
        target=ServiceTargetView(percent=80, seconds=180),
    )


@dataclass
class MemorySupervised:
    """The acts on contacts, each noted; only closing changes anything."""

    contacts: MemoryContacts
    acts: list[tuple[object, ...]] = field(default_factory=list)

    async def assign(
        self,
        principal: Principal,
        contact_id: UUID,
        listener_id: UUID,
        reason: ContactActReason,
    ) -> ContactView:
        view = await self.contacts.view(principal, contact_id)
        self.acts.append(("assign", contact_id, listener_id, reason))
        return view

    async def move(
        self, principal: Principal, contact_id: UUID, queue: str, reason: ContactActReason
    ) -> ContactView:
        view = await self.contacts.view(principal, contact_id)
        self.acts.append(("move", contact_id, queue, reason))
        return view

    async def take(
        self, principal: Principal, contact_id: UUID, reason: ContactActReason
    ) -> ContactView:
        return await self.assign(principal, contact_id, principal.staff_id, reason)

    async def close(
        self,
        principal: Principal,
        contact_id: UUID,
        disposition: Disposition,
        non_content_code: str | None,
        reason: ContactActReason,
    ) -> ContactView:
        await self.contacts.view(principal, contact_id)
        self.acts.append(("close", contact_id, disposition, non_content_code, reason))
        return self.contacts.shut(contact_id, disposition)


class MemorySupervision:
    """The floor: one queue, and what was set on queues."""

    def __init__(self) -> None:
        self.forced: list[tuple[UUID, PresenceState, ListenerActReason]] = []
        self.overrides: dict[tuple[str, Channel | None], OverrideView] = {}

    async def view(self, principal: Principal) -> SupervisionView:
        return SupervisionView(
            at=NOON,
            queues=[figures()],
            overrides=list(self.overrides.values()),
            listeners=[],
            contacts=[],
            free_listeners=0,
            present_listeners=0,
        )

    async def force(
        self,
        principal: Principal,
        listener_id: UUID,
        state: PresenceState,
        reason: ListenerActReason,
    ) -> PresenceView:
        self.forced.append((listener_id, state, reason))
        return PresenceView(state=state, since=NOON, version=1, reason=f"forced_{reason}")

    async def override(
        self,
        principal: Principal,
        queue: str,
        *,
        channel: Channel | None,
        closed: bool,
        message: Mapping[str, str] | None,
        until: datetime | None,
        reason: QueueActReason,
    ) -> OverrideView:
        if queue not in ("*", "mineur"):
            raise NotFound
        view = OverrideView(
            queue=queue,
            channel=channel,
            closed=closed,
            message=None if message is None else dict(message),
            until=until,
            set_at=NOON,
        )
        self.overrides[queue, channel] = view
        return view

    async def lift(
        self, principal: Principal, queue: str, channel: Channel | None, reason: QueueActReason
    ) -> None:
        self.overrides.pop((queue, channel), None)


class MemoryColleagues:
    """Malik, who is ready for anybody."""

    async def serving(
        self, principal: Principal, queue: str, channel: Channel | None
    ) -> ColleagueList:
        if queue != "mineur":
            raise InvalidInput(code="queue_unknown", field="queue")
        malik = PresentColleague(staff_id=new_id(), display_name="Malik", state=PresenceState.READY)
        return ColleagueList(colleagues=[malik])


class MemoryFollowUps:
    """Follow-ups by id."""

    def __init__(self) -> None:
        self.open: dict[UUID, FollowUpView] = {}
        self.numbers_read: list[tuple[UUID, NumberReason]] = []

    def owed(self, contact_id: UUID) -> FollowUpView:
        """Leave a callback."""
        view = FollowUpView(
            follow_up_id=new_id(),
            kind=FollowUpKind.CALLBACK,
            state=FollowUpState.OPEN,
            contact_id=contact_id,
            line="dlpm",
            queue="mineur",
            queue_label="Mineurs",
            due_at=NOON,
            created_at=NOON,
            version=1,
        )
        self.open[view.follow_up_id] = view
        return view

    async def list(self, principal: Principal) -> FollowUpList:
        return FollowUpList(follow_ups=[*self.open.values()])

    async def claim(self, principal: Principal, follow_up_id: UUID) -> FollowUpView:
        found = self._known(follow_up_id)
        if found.claimed_by is not None and found.claimed_by.staff_id != principal.staff_id:
            raise Conflict(code="follow_up_claimed")
        her = ColleagueView(staff_id=principal.staff_id, display_name=principal.display_name)
        return self._put(found, state=FollowUpState.CLAIMED, claimed_by=her, claimed_at=NOON)

    async def release(self, principal: Principal, follow_up_id: UUID) -> FollowUpView:
        found = self._known(follow_up_id)
        return self._put(found, state=FollowUpState.OPEN, claimed_by=None, claimed_at=None)

    async def read_number(
        self, principal: Principal, follow_up_id: UUID, reason: NumberReason
    ) -> NumberView:
        found = self._known(follow_up_id)
        if found.claimed_by is None:
            raise Conflict(code="follow_up_not_claimed")
        self.numbers_read.append((follow_up_id, reason))
        return NumberView(number="+33199000123")

    async def done(
        self, principal: Principal, follow_up_id: UUID, outcome: FollowUpOutcome
    ) -> FollowUpView:
        found = self._known(follow_up_id)
        return self._put(found, state=FollowUpState.DONE, outcome=outcome.value, done_at=NOON)

    async def drop(
        self, principal: Principal, follow_up_id: UUID, outcome: FollowUpOutcome
    ) -> FollowUpView:
        found = self._known(follow_up_id)
        return self._put(found, state=FollowUpState.DROPPED, outcome=outcome.value, done_at=NOON)

    def _known(self, follow_up_id: UUID) -> FollowUpView:
        try:
            return self.open[follow_up_id]
        except KeyError:
            raise NotFound from None

    def _put(self, found: FollowUpView, **values: object) -> FollowUpView:
        changed = found.model_copy(update={"version": found.version + 1, **values})
        self.open[found.follow_up_id] = changed
        return changed
