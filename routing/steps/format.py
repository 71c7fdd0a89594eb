"""Which release's index stands under the pool's keys, and what is done about another's.

`{pool}:format` names the format. Within one number every change is additive: fields and
statuses are added, none changes its meaning, and readers pass over what they do not know.
So two releases serve one index together, which is what makes a rolling upgrade keep « one
offer for each listener ». A change that cannot be made so takes the next number: then a
process that finds another number touches nothing and says so, and whoever holds the
reconciler's lock empties the pool's keys once nobody has moved that index's clock for
`SILENT_SECONDS` (docs/decisions/0031-format-of-the-index.md).
"""

from collections.abc import Awaitable
from typing import Any

import structlog
from redis.asyncio import Redis

from config.clock import monotonic
from config.errors import Unavailable
from routing.plan import Plan
from routing.steps.scripts import Scripts

log = structlog.get_logger()

# 1 was 0.1.0, which had no lanes of help and kept its loads elsewhere. 2 since then, the key
# itself since 0.2: an index without it is told by its shape.
FORMAT = 2
FIRST = 1
# Longer than any of our processes leaves the index alone: its clock moves with each step.
SILENT_SECONDS = 10.0
KEYS_AT_ONCE = 500


class IndexFormat:
    """What was last found under the pool's keys; ours until something else was seen."""

    def __init__(self, redis: Redis, plan: Plan, scripts: Scripts) -> None:
        """Look at nothing yet."""
        self._redis = redis
        self._plan = plan
        self._scripts = scripts
        self._clock_seen: tuple[str | None, float] = (None, 0.0)
        self.found = FORMAT

    def require(self) -> None:
        """Raise Unavailable `index_format` while the index is another release's."""
        if self.found != FORMAT:
            raise Unavailable(f"the index has format {self.found}", code="index_format")

    async def look(self, *, claims: bool = True) -> int:
        """Return the format that stands there; an index that has none is claimed. Raises Unavailable."""
        told = await self._run(self._redis.get(self._plan.key("format")))
        if told == str(FORMAT):
            found = FORMAT
        elif told is None:
            found = await self._told_by_its_shape(claims=claims)
        else:
            found = int(told) if str(told).isdecimal() else 0
        if found != FORMAT:
            await self._watch_its_clock()
        if found != self.found:
            log.warning("index_format_found", version=found)
        self.found = found
        return found

    async def _told_by_its_shape(self, *, claims: bool) -> int:
        # 0.1.0 leased listeners without entering what their profiles serve; we enter that first.
        has_leases = await self._run(self._redis.exists(self._plan.key("leases")))
        if has_leases and not await self._run(self._redis.exists(self._plan.key("profiles"))):
            return FIRST
        if claims:
            await self._run(self._redis.set(self._plan.key("format"), FORMAT, nx=True))
        return FORMAT

    async def _watch_its_clock(self) -> None:
        clock = await self._run(self._redis.hget(self._plan.key("meta"), "now"))
        if clock != self._clock_seen[0]:
            self._clock_seen = (clock, monotonic())

    async def adopt(self) -> bool:
        """Empty an index that another release has left; True when that was done.

        For the holder of the reconciler's lock alone: what it empties it fills again from
        PostgreSQL. Raises Unavailable, `index_format` while somebody still uses that index.
        """
        if await self.look() == FORMAT:
            return False
        if monotonic() - self._clock_seen[1] < SILENT_SECONDS:
            self.require()
        dropped = await self.empty()
        log.warning("index_of_another_release_emptied", version=self.found, dropped=dropped)
        self.found = FORMAT
        return True

    async def empty(self) -> int:
        """Take every key of the pool away, and enter our format; return how many there were.

        What stands in the index is then filled from PostgreSQL by whoever holds the reconciler's
        lock: nobody else may call this. Raises Unavailable.
        """
        dropped = cursor = 0
        while True:
            cursor, keys = await self._run(
                self._redis.scan(cursor, match=self._plan.key("*"), count=KEYS_AT_ONCE)
            )
            if keys:
                dropped += await self._run(self._redis.unlink(*keys))
            if not cursor:
                break
        await self._run(self._redis.set(self._plan.key("format"), FORMAT))
        return dropped

    async def _run(self, command: Awaitable[Any]) -> Any:
        return await self._scripts.guarded(command, "format")
