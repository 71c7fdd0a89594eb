"""How many wait where, and what must not be overlooked."""

from datetime import datetime

from config.clock import from_milliseconds, milliseconds
from config.helpline.helpline import Helpline
from config.vocabulary import Channel
from contactcenter.centre.live_events import Alert, QueueLoad, QueuesChanged
from contactcenter.centre.staff.contact_views import queue_label
from records.contacts.alarms import Alarms
from routing.model import LaneLoad, Overview
from routing.router import Router


class QueueBoard:
    """The state of the queues, from the index's counters and PostgreSQL's U1 contacts."""

    def __init__(self, router: Router, alarms: Alarms, helpline: Helpline) -> None:
        """Start knowing nothing."""
        self._router = router
        self._alarms = alarms
        self._helpline = helpline
        self.last: QueuesChanged | None = None

    async def look(self, now: datetime) -> QueuesChanged | None:
        """Return the state if it has changed since the last look, None otherwise."""
        overview = await self._router.overview()
        alerts = await self._alerts(overview, now)
        state = QueuesChanged(
            queues=self._queues(overview), free_listeners=sum(overview.free.values()), alerts=alerts
        )
        if state == self.last:
            return None
        self.last = state
        return state

    def _queues(self, overview: Overview) -> list[QueueLoad]:
        loads: dict[tuple[str, Channel], list[LaneLoad]] = {}
        for lane in self._helpline.lanes():
            load = overview.lanes.get(lane.id)
            if load is not None:
                loads.setdefault((lane.queue, lane.channel), []).append(load)
        return [
            QueueLoad(
                queue=queue,
                label=queue_label(self._helpline, queue),
                channel=channel,
                waiting=sum(each.waiting for each in lanes),
                longest_wait_seconds=_longest(lanes, overview.now_ms),
            )
            for (queue, channel), lanes in loads.items()
        ]

    async def _alerts(self, overview: Overview, now: datetime) -> list[Alert]:
        alerts = [
            Alert(
                code="u1_waiting", severity="critical", contact_id=each.contact_id, since=each.since
            )
            for each in await self._alarms.immediate_danger_waiting(self._helpline.line.id)
        ]
        waiting = sum(each.waiting for each in overview.lanes.values())
        if waiting and not any(overview.present.values()):
            oldest = min(
                (each.oldest_since_ms for each in overview.lanes.values() if each.oldest_since_ms),
                default=milliseconds(now),
            )
            alerts.append(
                Alert(code="nobody_signed_in", severity="critical", since=from_milliseconds(oldest))
            )
        exhausted = await self._alarms.offered_in_vain(self._helpline.line.id)
        alerts.extend(
            Alert(
                code="round_exhausted",
                severity="warning",
                contact_id=each.contact_id,
                since=each.since,
            )
            for each in exhausted
        )
        return alerts


def _longest(lanes: list[LaneLoad], now_ms: int) -> int | None:
    since = [each.oldest_since_ms for each in lanes if each.oldest_since_ms is not None]
    return max(0, now_ms - min(since)) // 1000 if since else None
