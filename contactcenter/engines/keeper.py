"""A child that dies alone is started again, until it dies too often."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NoReturn, Protocol

import structlog

from config.clock import monotonic
from config.errors import Unavailable

RESTARTS = 8  # within RESTART_WINDOW_SECONDS; then the child is given up
RESTART_WINDOW_SECONDS = 60.0
RESTART_PAUSE_SECONDS = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0)

log = structlog.get_logger()


class StartFailed(Unavailable):
    """A child ended, or did not answer, while it was being started."""

    code = "engine_start_failed"


class Kept(Protocol):
    """A child that can be kept running."""

    async def keep_running(self) -> NoReturn:
        """Start it again each time it ends; raise when that is too often."""
        ...


async def keep(
    name: str, ended: Callable[[], Awaitable[int]], start: Callable[[], Awaitable[None]]
) -> NoReturn:
    """Start a child again each time it has `ended`, until it dies too often: then raise StartFailed.

    A killed child is thus back within a second, on the same port, while the
    service lives through the gap. It never returns. `ended` returns the exit
    code; `start` raises StartFailed, and leaves nothing behind then.
    """
    deaths: list[float] = []
    while True:
        log.warning("engine_ended", engine=name, exit_code=await ended())
        now = monotonic()
        deaths = [at for at in deaths if at > now - RESTART_WINDOW_SECONDS] + [now]
        if len(deaths) > RESTARTS:
            raise StartFailed(f"{name} ended {len(deaths)} times in a minute")
        await asyncio.sleep(RESTART_PAUSE_SECONDS[min(len(deaths), 7) - 1])
        try:
            await start()
        except StartFailed:
            # Backends of a killed postmaster may still be leaving; the next try finds them gone.
            log.warning("engine_start_failed", engine=name)


@asynccontextmanager
async def kept_running(*children: Kept) -> AsyncIterator[None]:
    """Keep children running for the length of a block, which is cancelled when one is given up."""
    try:
        async with asyncio.TaskGroup() as group:
            keepers = [group.create_task(child.keep_running()) for child in children]
            yield
            for keeper in keepers:
                keeper.cancel()
    except BaseExceptionGroup as several:
        # The caller's own error goes through as it was raised.
        if len(several.exceptions) == 1:
            raise several.exceptions[0] from None
        raise
