"""Wait for a condition, never for a duration."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar

from config.clock import monotonic

Seen = TypeVar("Seen")


# Long: it is how long a failure takes to be told, on a machine that may be busy with ten others.
PATIENCE_SECONDS = 20.0


async def until(
    predicate: Callable[[], Seen | Awaitable[Seen]],
    seconds: float = PATIENCE_SECONDS,
    *,
    every: float = 0.01,
    saying: str = "",
) -> Seen:
    """Return the first true value of `predicate` (plain or async); fail after `seconds`."""
    deadline = monotonic() + seconds
    while True:
        found = predicate()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        if monotonic() >= deadline:
            raise AssertionError(f"not true within {seconds} s: {saying or predicate!r}")
        await asyncio.sleep(every)
