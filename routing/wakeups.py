"""Wake-ups between processes about one contact: something was stored, look again."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from config.clock import monotonic
from config.errors import Unavailable
from routing.plan import Plan
from routing.steps.scripts import Scripts

log = structlog.get_logger()

# A subscription is asked for a sign of life so often; not heard for two such periods, it is given
# up: a connection that stands on our side only tells nothing, and never ends by itself.
PING_SECONDS = 2.0
PERIODS = 2
PAUSES_SECONDS = (0.05, 0.2, 0.5, 1.0)


class WakeKind(StrEnum):
    """What happened to the contact."""

    MESSAGE = "message"
    STATE = "state"
    TYPING = "typing"
    READ = "read"
    RESYNC = "resync"  # wake-ups may have been missed: look at everything


KINDS = frozenset(kind.value for kind in WakeKind)


@dataclass(frozen=True, slots=True)
class Wakeup:
    """A hint to look; `numbers` are small whole numbers such as a seq, never content."""

    kind: WakeKind
    contact_id: UUID | None
    numbers: tuple[int, ...] = ()


class Wakeups:
    """Publishes and hears wake-ups of one pool. Without Redis it is silent; callers poll anyway."""

    def __init__(self, redis: Redis, plan: Plan) -> None:
        """Use `redis` for publishing and one connection of its pool for listening."""
        self._redis = redis
        self._channel = plan.key("wake")
        self._scripts = Scripts(redis, command_seconds=1.0)
        self._heard_at = float("-inf")

    @property
    def is_deaf(self) -> bool:
        """Say whether nothing, not even a sign of life, was heard for two periods."""
        return monotonic() - self._heard_at > PERIODS * PING_SECONDS

    async def publish(self, kind: WakeKind | str, contact_id: UUID, *numbers: int) -> bool:
        """Tell all processes to look; False, never an error, when Redis does not answer."""
        words = " ".join([WakeKind(kind), str(contact_id), *map(str, numbers)])
        try:
            await self._scripts.guarded(self._redis.publish(self._channel, words), "publish")
        except Unavailable:
            return False
        return True

    async def listen(self) -> AsyncGenerator[Wakeup, None]:
        """Yield wake-ups for ever; RESYNC first, and again after each interruption.

        The first RESYNC says that the subscription stands: what is read after
        it cannot be missed.
        """
        failures = 0
        while True:
            try:
                async with aclosing(self._subscription()) as wakeups:
                    async for wakeup in wakeups:
                        failures = 0
                        yield wakeup
            except (RedisError, OSError, TimeoutError) as error:
                if failures == 0:
                    log.warning("wakeups_interrupted", code=type(error).__name__)
                await asyncio.sleep(PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS) - 1)])
                failures += 1

    async def _subscription(self) -> AsyncGenerator[Wakeup, None]:
        async with self._redis.pubsub() as subscription:
            async with asyncio.timeout(PERIODS * PING_SECONDS):
                await subscription.subscribe(self._channel)
            asked_at = self._heard_at = monotonic()
            while True:
                message = await subscription.get_message(timeout=PING_SECONDS / 2)
                now = monotonic()
                if message is not None:
                    self._heard_at = now
                elif self.is_deaf:
                    raise TimeoutError
                if now - asked_at >= PING_SECONDS:
                    asked_at = now
                    async with asyncio.timeout(PING_SECONDS):
                        await subscription.ping()
                if message is None or message["type"] == "pong":
                    continue
                if message["type"] == "subscribe":
                    yield Wakeup(WakeKind.RESYNC, None)
                elif wakeup := _parsed(message["data"]):
                    yield wakeup


def _parsed(words: str) -> Wakeup | None:
    """Return a wake-up, or None for what an unknown version of the program sent."""
    kind, _, rest = words.partition(" ")
    contact_id, *numbers = rest.split(" ")
    if kind not in KINDS:
        return None
    try:
        return Wakeup(WakeKind(kind), UUID(contact_id), tuple(map(int, numbers)))
    except ValueError:
        return None
