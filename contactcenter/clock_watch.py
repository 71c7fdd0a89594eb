"""This machine's clock held against PostgreSQL's: whoever is off acts on nothing.

What waiting changes is decided by instants that other processes wrote. A router whose clock
was an hour ahead carried out 66 escalation steps in 14 s, and no step is undone. So each
process measures how far it is from PostgreSQL, which all of them share. Beyond
`OFF_SECONDS` its loops that act by themselves stand still, it is not ready, and it says so;
what still arrives there is dated by PostgreSQL's clock, so that nobody gains or loses an
hour in a queue.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from prometheus_client import Gauge

from config.clock import Clock
from config.errors import Unavailable
from records.database import Database

log = structlog.get_logger()

# Kept by NTP, machines differ by milliseconds; the shortest instant a rule acts on is a minute.
OFF_SECONDS = 5.0

DIFFERENCE = Gauge(
    "contactcenter_clock_difference_seconds", "This machine's clock less PostgreSQL's"
)


class ClockWatch:
    """The clock of a process: the machine's, or PostgreSQL's where the machine's is off."""

    def __init__(self, clock: Clock) -> None:
        """Believe `clock` until it was measured."""
        self._clock = clock
        self._correction = timedelta(0)

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        return self._clock.now() + self._correction

    @property
    def is_off(self) -> bool:
        """Say whether the machine's clock was last found too far from PostgreSQL's."""
        return bool(self._correction)

    async def look(self, database: Database) -> float:
        """Measure; return by how many seconds this clock is ahead. Raises Unavailable.

        The time that the question took is the measure's own doubt, and counts in favour.
        """
        asked = self._clock.now()
        async with database.reading() as tx:
            told: datetime = await tx.fetch_value("lock.now")
        answered = self._clock.now()
        doubt = (answered - asked) / 2
        ahead = asked + doubt - told
        DIFFERENCE.set(ahead.total_seconds())
        is_off = abs(ahead) - abs(doubt) > timedelta(seconds=OFF_SECONDS)
        if is_off != self.is_off:
            if is_off:
                log.error("clock_off", seconds=ahead.total_seconds())
            else:
                log.error("clock_right", seconds=ahead.total_seconds())
        self._correction = -ahead if is_off else timedelta(0)
        return ahead.total_seconds()

    def require(self) -> None:
        """Raise Unavailable `clock_off` while this machine's clock is off."""
        if self.is_off:
            raise Unavailable("this machine's clock differs from PostgreSQL's", code="clock_off")

    def guarding(self, act: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
        """Return an act that is not begun while the clock is off."""

        async def guarded() -> object:
            self.require()
            return await act()

        return guarded
