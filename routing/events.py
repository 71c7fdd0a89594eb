"""The stream of routing events: wake-ups for whoever shows offers on a desk."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from uuid import UUID

import structlog
from redis.asyncio import Redis

from config.errors import Unavailable
from routing.model import EventKind, RoutingEvent
from routing.plan import Plan
from routing.steps.scripts import Scripts

log = structlog.get_logger()

# Below the time that a command is given, so that silence is not taken for a failure.
BLOCK_MS = 1_000
PAUSES_SECONDS = (0.05, 0.2, 0.5, 1.0)


class RoutingEvents:
    """Reads the stream of one pool; one reader a process fans out to its desks.

    An event is a hint to look, never the data: after trouble a RESYNC says
    that some may have been missed.
    """

    def __init__(self, redis: Redis, plan: Plan) -> None:
        """Read from `redis`; each read blocks for a second at most."""
        self._redis = redis
        self._key = plan.key("events")
        self._scripts = Scripts(redis)

    async def position(self) -> str:
        """Return where the stream ends now: subscribe from there, then read the state."""
        last = await self._scripts.guarded(self._redis.xrevrange(self._key, count=1), "events")
        return str(last[0][0]) if last else "0-0"

    async def listen(self, after: str | None = None) -> AsyncGenerator[RoutingEvent, None]:
        """Yield events after a position (default: from now on), for ever.

        While Redis does not answer it tries again after a short pause, and
        once it answers yields RESYNC first.
        """
        failures = 0
        while True:
            try:
                if after is None:
                    after = await self.position()
                entries = await self._read(after)
            except Unavailable as error:
                if failures == 0:
                    log.warning("routing_events_interrupted", code=error.code)
                await asyncio.sleep(PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS) - 1)])
                failures += 1
                continue
            if failures:
                failures = 0
                yield RoutingEvent(EventKind.RESYNC)
            for entry_id, event in entries:
                after = entry_id
                if event is not None:
                    yield event

    async def _read(self, after: str) -> Sequence[tuple[str, RoutingEvent | None]]:
        read = self._redis.xread({self._key: after}, count=256, block=BLOCK_MS)
        streams = await self._scripts.guarded(read, "events")
        if not streams:
            return []
        entries = streams[0][1]
        return [(entry_id, _event(fields)) for entry_id, fields in entries]


def _event(fields: dict[str, str]) -> RoutingEvent | None:
    """Return an event, or None for what another release tells: a hint nobody here can use."""
    try:
        return RoutingEvent(
            kind=EventKind(fields["kind"]),
            listener_id=_id(fields.get("listener", "")),
            contact_id=_id(fields.get("contact", "")),
            offer_id=_id(fields.get("offer", "")),
            reason=fields.get("reason", ""),
        )
    except (KeyError, ValueError):
        return None


def _id(text: str) -> UUID | None:
    return UUID(text) if text else None
