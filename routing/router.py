"""The router of one pool: every step there is, over one Redis."""

from collections.abc import AsyncGenerator
from uuid import UUID

from routing.events import RoutingEvents
from routing.model import LaneLoad, Overview, RoutingEvent
from routing.steps.rebuild import RebuildSteps
from routing.steps.sweep import SweepSteps


class Router(SweepSteps, RebuildSteps):
    """Decides who is offered to whom. Redis is its index, PostgreSQL the truth.

    All methods are one atomic, idempotent, bounded Lua step each (sweep and
    rebuild: a bounded row of them), so any number of processes may call them
    at once. All raise Unavailable (`index_unavailable`) when Redis does not
    answer in time: nothing is lost by that, and a retry is safe.
    """

    def events(self, after: str | None = None) -> AsyncGenerator[RoutingEvent, None]:
        """Yield the pool's events after a position, for ever; see `RoutingEvents.listen`."""
        return RoutingEvents(self._redis, self._plan).listen(after)

    async def position(self, contact_id: UUID) -> int | None:
        """Return a waiting contact's place in its first lane, 1 is next; None: it does not wait."""
        return int(await self._step("position", contact_id)) or None

    async def overview(self) -> Overview:
        """Return the live picture of the pool, from counters alone."""
        plan = self._plan
        lanes, standings, profiles = (
            list(plan.channel_of),
            list(plan.standings),
            list(plan.profiles),
        )
        now, waiting, free, present = await self._step(
            "overview", " ".join(lanes), " ".join(standings), " ".join(profiles)
        )
        pairs = iter(waiting)
        return Overview(
            now_ms=int(now),
            lanes={
                lane: LaneLoad(count, int(since) if since else None)
                for lane, count, since in zip(lanes, pairs, pairs, strict=True)
            },
            free=dict(zip(standings, free, strict=True)),
            present=dict(zip(profiles, present, strict=True)),
        )
