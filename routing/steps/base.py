"""What the router's parts share: the pool's plan, its scripts, its clock."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from routing.model import Offer, OfferState
from routing.plan import Plan
from routing.steps.format import IndexFormat
from routing.steps.scripts import COMMAND_SECONDS, Scripts

Argument = str | int | UUID

OFFER_WORDS = 11


class PoolSteps:
    """Runs the steps of one pool; base of the router's parts."""

    def __init__(
        self,
        redis: Redis,
        plan: Plan,
        now_ms: Callable[[], int] | None = None,
        *,
        command_seconds: float = COMMAND_SECONDS,
    ) -> None:
        """Keep the plan; without `now_ms` Redis's own clock decides, as in production.

        A command that takes longer than `command_seconds` is given up.
        """
        self._redis = redis
        self._plan = plan
        self._now_ms = now_ms
        self._scripts = Scripts(redis, plan.limits, command_seconds=command_seconds)
        self._meta = plan.key("meta")
        self.format = IndexFormat(redis, plan, self._scripts)

    async def _step(self, name: str, *args: Argument) -> Any:
        self.format.require()
        now = "" if self._now_ms is None else self._now_ms()
        words = [one if isinstance(one, int) else str(one) for one in args]
        return await self._scripts.run(name, self._meta, now, *words)


def offer_from(reply: Sequence[Any]) -> Offer:
    """Return the offer of a script's flat answer; ValueError for one of another shape."""
    if len(reply) < OFFER_WORDS:
        raise ValueError("not an offer")
    return Offer(
        offer_id=UUID(str(reply[0])),
        contact_id=UUID(reply[1]),
        listener_id=UUID(reply[2]),
        session_id=UUID(reply[3]),
        turn=int(reply[4]),
        lane=reply[5],
        channel=reply[6],
        offered_at_ms=int(reply[7]),
        expires_at_ms=int(reply[8]),
        state=OfferState(reply[9]),
        seen=reply[10] == "1",
    )
