"""The whole floor for the supervisor's screen, read on demand and bounded."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from config.clock import Clock
from config.helpline.helpline import Helpline
from config.vocabulary import Urgency, UrgencySource
from contactcenter.centre.queue.states import QueueStates
from contactcenter.centre.staff.alerts import Alerts, of_lines
from contactcenter.centre.staff.contact_views import queue_label, waited_seconds
from contactcenter.centre.staff.outlook import Outlook
from contactcenter.centre.staff.queue_figures import Sight, figures_of_lines, override_views
from contactcenter.centre.supervision_views import (
    LoadView,
    SupervisedContact,
    SupervisedListener,
    SupervisionView,
)
from records.overrides import QueueOverrides
from records.supervision import ContactUnderWay, Floor, ListenerOnFloor
from records.supervision.floor import IN_HAND, WAITING
from routing.router import Router


class FloorBoard:
    """Reads the floor."""

    def __init__(
        self,
        floor: Floor,
        alerts: Alerts,
        overrides: QueueOverrides,
        states: QueueStates,
        outlook: Outlook,
        router: Router,
        helpline: Helpline,
        clock: Clock,
    ) -> None:
        """Take everything from the composition root."""
        self._floor = floor
        self._alerts = alerts
        self._overrides = overrides
        self._states = states
        self._outlook = outlook
        self._router = router
        self._helpline = helpline
        self._clock = clock

    async def view(self, line_ids: Collection[str]) -> SupervisionView:
        """Return queues, listeners, contacts and alerts; Unavailable without the index."""
        now = self._clock.now()
        overview = await self._router.overview()
        waiting = await self._waiting(line_ids)
        in_hand = await self._floor.in_hand(line_ids)
        overrides = [
            each for line in sorted(line_ids) for each in await self._overrides.current(line, now)
        ]
        sight = Sight(self._helpline, overview, self._states, self._outlook)
        alerts = await self._alerts.for_everybody(overview, now)
        alerts += await self._alerts.for_supervision(now)
        return SupervisionView(
            at=now,
            queues=figures_of_lines(self._helpline, sight.figures(overrides), line_ids),
            overrides=override_views(overrides),
            listeners=await self._listeners(line_ids, in_hand),
            contacts=[self._contact(each, now) for each in (*waiting[:WAITING], *in_hand)],
            contacts_left_out=len(waiting) >= WAITING or len(in_hand) >= IN_HAND,
            free_listeners=sum(overview.free.values()),
            present_listeners=sum(overview.present.values()),
            alerts=of_lines(alerts, line_ids),
        )

    async def _waiting(self, line_ids: Collection[str]) -> list[ContactUnderWay]:
        found = [one for line in sorted(line_ids) for one in await self._floor.waiting(line)]
        return sorted(found, key=lambda each: (each.rank or 0, each.contact_id))

    async def _listeners(
        self, line_ids: Collection[str], in_hand: Sequence[ContactUnderWay]
    ) -> list[SupervisedListener]:
        loads: dict[UUID, list[LoadView]] = {}
        for each in in_hand:
            if each.listener_id is not None and each.engagement_state is not None:
                loads.setdefault(each.listener_id, []).append(
                    LoadView(
                        contact_id=each.contact_id,
                        channel=each.channel,
                        queue=each.queue,
                        urgency=each.urgency,
                        state=each.engagement_state,
                        since=each.since,
                    )
                )
        found = await self._floor.listeners(line_ids)
        return [_listener(each, loads.get(each.staff_id, [])) for each in found]

    def _contact(self, contact: ContactUnderWay, now: datetime) -> SupervisedContact:
        queue = contact.queue or ""
        return SupervisedContact(
            contact_id=contact.contact_id,
            line=contact.line_id,
            queue=queue,
            queue_label=queue_label(self._helpline, queue),
            channel=contact.channel,
            language=contact.language,
            audience=contact.audience,
            level=contact.level,
            needs=list(contact.needs),
            urgency=contact.urgency or Urgency.U2,
            urgency_source=contact.urgency_source or UrgencySource.SYSTEM,
            urgency_confirmed=contact.urgency_confirmed_at is not None,
            state=contact.state,
            waited_seconds=waited_seconds(contact, now),
            arrived_at=contact.arrived_at,
            answered_at=contact.answered_at,
            since=contact.since,
            listener_id=contact.listener_id,
            listener_name=contact.listener_name,
            engagement_state=contact.engagement_state,
            leg_queue_seconds=-(-contact.leg_queue_ms // 1000),
            version=contact.version,
        )


def _listener(listener: ListenerOnFloor, load: list[LoadView]) -> SupervisedListener:
    return SupervisedListener(
        staff_id=listener.staff_id,
        name=listener.display_name,
        role=listener.role,
        state=listener.state,
        since=listener.since,
        reason=None if listener.reason == "declared" else listener.reason,
        until=listener.until,
        profile=listener.profile_id,
        skills=list(listener.skills),
        max_chats=listener.max_chats,
        load=load,
        hard_contacts=listener.hard_contacts,
    )
