"""Virtual time: an event loop that never waits, a clock that reads it, ids that repeat.

When nothing can run now, time jumps to the next timer. So hours pass in
seconds, and the same seed takes the same course whatever else the machine does.
"""

import asyncio
import random
import selectors
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from unittest import mock
from uuid import UUID

import uuid_utils.compat

START = datetime(2026, 3, 6, 17, 0, tzinfo=UTC)
"""A Friday evening; nothing depends on which."""
START_MS = int(START.timestamp() * 1000)

Result = TypeVar("Result")


class Deadlock(Exception):
    """Everybody waits and no timer is set: nothing can ever happen again."""


class _Jumping(selectors.SelectSelector):
    """A selector that looks at no file: to wait is to move the time."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Deadlock
        if timeout > 0:
            self.now += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio loop whose time starts at 0 and passes in jumps."""

    def __init__(self) -> None:
        """Start at 0."""
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return the virtual seconds since the start."""
        return self._jumping.now


class VirtualClock:
    """Tells the loop's time as an instant; `skew` is how far a machine's own clock is off."""

    def __init__(self, loop: VirtualLoop, skew: timedelta = timedelta()) -> None:
        """Read `loop`."""
        self._loop = loop
        self._start = START + skew

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        return self._start + timedelta(seconds=self._loop.time())

    def ms(self) -> int:
        """Return whole milliseconds since the Unix epoch."""
        return int(self._start.timestamp() * 1000 + self._loop.time() * 1000)


@contextmanager
def repeatable_ids(loop: VirtualLoop, rng: random.Random) -> Iterator[None]:
    """Make `config.ids.new_id` give the same UUIDv7s in each run of a seed.

    Ids break ties between equal ranks, so they are part of the course of things.
    """
    serial = 0

    def uuid7() -> UUID:
        nonlocal serial
        serial += 1
        ms = START_MS + int(loop.time() * 1000)
        tail = rng.getrandbits(32)
        return UUID(int=ms << 80 | 7 << 76 | 2 << 62 | (serial & (1 << 30) - 1) << 32 | tail)

    with mock.patch.object(uuid_utils.compat, "uuid7", uuid7):
        yield


def run_virtually(loop: VirtualLoop, main: Coroutine[Any, Any, Result]) -> Result:
    """Run `main` to its end and close the loop with everything left in it."""
    try:
        return loop.run_until_complete(main)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.close()
