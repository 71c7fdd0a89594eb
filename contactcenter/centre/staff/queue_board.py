"""The live state of the queues: the same figures for every desk, wallboard and supervisor.

One look a second and process: one bounded script in the index, whose counters
and buckets were written as things happened, and a few small indexes in
PostgreSQL. Nothing here grows with how many wait.
"""

from datetime import datetime

from config.helpline.helpline import Helpline
from contactcenter.centre.live_events import QueuesChanged, SupervisionChanged
from contactcenter.centre.queue.states import QueueStates
from contactcenter.centre.staff.alerts import Alerts
from contactcenter.centre.staff.outlook import Outlook
from contactcenter.centre.staff.queue_figures import Sight
from contactcenter.centre.supervision_views import Alert
from routing.model import Overview
from routing.router import Router

# What only whoever supervises is told is read again when something changed, and now and then
# all the same: a wake-up may be lost.
ALERTS_EVERY_LOOKS = 5


class QueueBoard:
    """The state of the queues, as this process last saw it."""

    def __init__(
        self,
        router: Router,
        alerts: Alerts,
        states: QueueStates,
        outlook: Outlook,
        helpline: Helpline,
    ) -> None:
        """Start knowing nothing."""
        self._outlook = outlook
        self._router = router
        self._alerts = alerts
        self._states = states
        self.helpline = helpline
        self._overview: Overview | None = None
        self._supervisors_alerts: list[Alert] = []
        self._alerts_of_revision = -1
        self._looks = 0
        self.last: QueuesChanged | None = None
        self.last_supervision: SupervisionChanged | None = None

    async def look(self, now: datetime) -> QueuesChanged | None:
        """Return the state if it has changed since the last look, None otherwise."""
        self._overview = overview = await self._router.overview()
        self._outlook.see(overview)
        sight = Sight(self.helpline, overview, self._states, self._outlook)
        state = QueuesChanged(
            queues=sight.figures(self._states.picture.overrides),
            free_listeners=sum(overview.free.values()),
            alerts=await self._alerts.for_everybody(overview, now),
        )
        if state == self.last:
            return None
        self.last = state
        return state

    async def supervise(self, now: datetime, revision: int) -> SupervisionChanged | None:
        """Return the last look with what only she is told, if it or `revision` has changed."""
        if self._overview is None or self.last is None:
            return None
        await self._read_alerts(now, revision)
        state = SupervisionChanged(
            at=now,
            revision=revision,
            queues=self.last.queues,
            free_listeners=self.last.free_listeners,
            present_listeners=sum(self._overview.present.values()),
            alerts=[*self.last.alerts, *self._supervisors_alerts],
        )
        before = self.last_supervision
        if before is not None and state == before.model_copy(update={"at": now}):
            return None
        self.last_supervision = state
        return state

    async def _read_alerts(self, now: datetime, revision: int) -> None:
        self._looks += 1
        if revision != self._alerts_of_revision or self._looks % ALERTS_EVERY_LOOKS == 0:
            self._supervisors_alerts = await self._alerts.for_supervision(now)
            self._alerts_of_revision = revision
