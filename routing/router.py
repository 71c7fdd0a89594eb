"""The router of one pool: every step there is, over one Redis."""

from collections.abc import AsyncGenerator

from routing.events import RoutingEvents
from routing.model import RoutingEvent
from routing.steps.index import IndexSteps
from routing.steps.live import LiveSteps
from routing.steps.proof import ProofSteps
from routing.steps.rebuild import RebuildSteps
from routing.steps.sweep import SweepSteps


class Router(SweepSteps, RebuildSteps, LiveSteps, IndexSteps, ProofSteps):
    """Decides who is offered to whom. Redis is its index, PostgreSQL the truth.

    All methods are one atomic, idempotent, bounded Lua step each (sweep and
    rebuild: a bounded row of them), so any number of processes may call them
    at once. All raise Unavailable (`index_unavailable`) when Redis does not
    answer in time: nothing is lost by that, and a retry is safe. What is not
    of the plan is refused by name (InvalidInput) before anything is changed.
    """

    def events(self, after: str | None = None) -> AsyncGenerator[RoutingEvent, None]:
        """Yield the pool's events after a position, for ever; see `RoutingEvents.listen`."""
        return RoutingEvents(self._redis, self._plan).listen(after)
