"""The only place that reads the time. Everything else is told."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What tells the time to the edges; rules receive `now` as an argument."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the one module


class ManualClock:
    """A clock that a test or a simulation moves; it never goes back."""

    def __init__(self, start: datetime) -> None:
        """Start at `start`, which must be aware."""
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant last set."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move forward; a negative step is refused, as time is."""
        if by < timedelta(0):
            raise ValueError("a clock does not go back")
        self._now += by


def milliseconds(instant: datetime) -> int:
    """Return whole milliseconds since the Unix epoch, as ranks and Redis scores use them."""
    return int(instant.timestamp() * 1000)


def from_milliseconds(value: int) -> datetime:
    """Return the UTC instant of `milliseconds`."""
    return datetime.fromtimestamp(value / 1000, UTC)


def monotonic() -> float:
    """Return seconds of a clock that never jumps, for time-outs and durations only."""
    return time.monotonic()
