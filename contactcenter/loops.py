"""Loops that run for as long as the service does, and what happens when one fails.

A loop that raises is started again with back-off. One that keeps failing for
reasons other than an absent engine ends the service: a process that has lost
its sweep must not go on taking contacts as if nothing had happened. An engine
that does not answer is expected, and waited for without limit. Neither is the
failure of one contact or listener: `centre/quarantine` keeps that from a loop.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from config.clock import monotonic
from config.errors import Unavailable

log = structlog.get_logger()

FAILURES_ALLOWED = 8
FORGIVEN_AFTER_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 0.1
CANCELS = 5
CANCEL_SECONDS = 1.0


class LoopGaveUp(Exception):
    """A loop failed too often within a minute: the process drains and exits 1."""


@dataclass(slots=True)
class LoopHealth:
    """When each loop last finished a round, for /readyz; seconds of `monotonic`."""

    rounds: dict[str, float] = field(default_factory=dict)

    def beat(self, name: str) -> None:
        """Note that the loop of that name has just finished a round."""
        self.rounds[name] = monotonic()

    def silent_for(self, name: str) -> float:
        """Return the seconds since that loop's last round; infinite if it had none."""
        last = self.rounds.get(name)
        return float("inf") if last is None else monotonic() - last


class Loop:
    """One named loop: `every` seconds it awaits `act`, until its task is cancelled."""

    def __init__(
        self, name: str, every: float, act: Callable[[], Awaitable[object]], health: LoopHealth
    ) -> None:
        """Run `act` each `every` seconds; 0 means that `act` itself waits for its next input."""
        self.name = name
        self._every = every
        self._act = act
        self._health = health
        self._failures: list[float] = []

    async def run(self) -> None:
        """Loop for ever; raises LoopGaveUp when the act fails more than it may."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                await self._act()
            except Exception as error:
                away = engine_away(error)
                if away is not None:
                    log.warning("loop_engine_unavailable", loop=self.name, code=away.code)
                else:
                    log.exception("loop_failed", loop=self.name)
                    self._count_failure()
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            else:
                pause = FIRST_PAUSE_SECONDS
                self._health.beat(self.name)
                _stop_if_asked()
                await asyncio.sleep(self._every)

    def _count_failure(self) -> None:
        now = monotonic()
        self._failures = [at for at in self._failures if now - at < FORGIVEN_AFTER_SECONDS]
        self._failures.append(now)
        if len(self._failures) > FAILURES_ALLOWED:
            raise LoopGaveUp(self.name)


def engine_away(error: Exception) -> Unavailable | None:
    """Return what says that an engine is away; None when anything else went wrong, or more. Pure.

    Tasks that work side by side raise their errors as a group.
    """
    if isinstance(error, Unavailable):
        return error
    if not isinstance(error, ExceptionGroup):
        return None
    found = [engine_away(each) for each in error.exceptions]
    return None if None in found else found[0]


def _stop_if_asked() -> None:
    """End a loop whose cancellation a library has swallowed."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class RunningLoops:
    """The loops of a process, while they run."""

    def __init__(self, tasks: list["asyncio.Task[None]"]) -> None:
        """Watch these tasks."""
        self._tasks = tasks

    async def until(self, stop: asyncio.Event) -> bool:
        """Wait for `stop`, or for a loop that gives up; return whether one did."""
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait([stopping, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        return not stop.is_set()


@asynccontextmanager
async def running(loops: Sequence[Loop]) -> AsyncIterator[RunningLoops]:
    """Run loops for the length of a block; a loop that gave up is reported by `until`."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_guarded(loop), name=loop.name) for loop in loops]
        try:
            yield RunningLoops(tasks)
        finally:
            await _end(tasks)


async def _end(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Cancel tasks until they have ended.

    Once is not always enough: until Python 3.12, `wait_for` (which the driver
    of PostgreSQL uses) forgets a cancellation that meets its result.
    """
    pending = set(tasks)
    for _ in range(CANCELS):
        for task in pending:
            task.cancel()
        if pending:
            _, pending = await asyncio.wait(pending, timeout=CANCEL_SECONDS)


async def _guarded(loop: Loop) -> None:
    try:
        await loop.run()
    except LoopGaveUp:
        # Its end is what `until` waits for; the others go on until the process has drained.
        log.exception("loop_gave_up", loop=loop.name)
