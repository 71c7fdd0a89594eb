"""What the laws read in the index itself, by no node and without a mishap."""

from uuid import UUID

from routing.plan import Plan
from tests.simulate.index import Index


class Looks:
    """Reads who waits and who is free by the index."""

    def __init__(self, index: Index, plan: Plan) -> None:
        """Read `index`, whose keys are the plan's."""
        self._index = index
        self._plan = plan

    def waiting(self) -> frozenset[UUID]:
        """Return everybody who waits, offered ones too."""
        keys = [self._plan.key(f"waiting:{lane}") for lane in self._plan.channel_of]
        found = self._index.look([("ZRANGE", key, 0, -1) for key in keys])
        return frozenset(UUID(each) for lane in found for each in lane)

    def free(self) -> frozenset[str]:
        """Return every listener who stands free."""
        keys = [self._plan.key(f"free:{standing}") for standing in self._plan.standings]
        found = self._index.look([("ZRANGE", key, 0, -1) for key in keys])
        return frozenset(each for standing in found for each in standing)

    def holding(self, listener_id: UUID) -> tuple[str | None, str | None]:
        """Return the offer that holds a listener, and her state."""
        words = ("HMGET", self._plan.key(f"listener:{listener_id}"), "offer", "state")
        offer, state = self._index.look([words])[0]
        return offer, state
