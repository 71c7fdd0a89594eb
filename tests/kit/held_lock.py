"""Holding a node's lock for the length of a block, as its loop does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from records.lock import NodeLock
from tests.kit.until import until


@asynccontextmanager
async def held(lock: NodeLock) -> AsyncIterator[None]:
    """Hold the lock; whatever its keeper raised is raised when the block is left."""
    keeping = asyncio.ensure_future(lock.keep())
    try:
        await until(lambda: lock.is_mine, saying="the lock")
        yield
    finally:
        if keeping.done():
            keeping.result()
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
