"""Callers drawn at random, and the course of a queue that serves them. Pure but for the queue."""

import heapq
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Traffic:
    """What comes and who is there: times in seconds, `arrivals` a second."""

    arrivals: float
    service: float
    servers: int
    patience: float | None = None
    urgent_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Caller:
    """One caller, as drawn."""

    at: float
    service: float
    patience: float
    urgent: bool


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a caller; `wait` in seconds, until the answer or the hanging up."""

    wait: float
    answered: bool


def draw(traffic: Traffic, count: int, rng: random.Random) -> list[Caller]:
    """Draw who comes, when, for how long, how patient and how urgent."""
    drawn, now = [], 0.0
    for _ in range(count):
        now += rng.expovariate(traffic.arrivals)
        service = rng.expovariate(1 / traffic.service)
        patience = rng.expovariate(1 / traffic.patience) if traffic.patience else float("inf")
        drawn.append(Caller(now, service, patience, rng.random() < traffic.urgent_share))
    return drawn


class Line(Protocol):
    """A queue under test: callers and answers by their number in the row."""

    async def arrives(self, caller: int, now: float) -> int | None:
        """Take a caller in; return who is answered now, if anybody."""
        ...

    async def hangs_up(self, caller: int, now: float) -> None:
        """Take a waiting caller out."""
        ...

    async def is_free(self, caller: int, now: float) -> int | None:
        """End the service of a caller; return who is answered now, if anybody."""
        ...


class IdealLine:
    """What is promised, with no engine: the urgent first, each kind in the order of arrival."""

    def __init__(self, drawn: Sequence[Caller], servers: int) -> None:
        """Start with everybody free."""
        self._drawn = drawn
        self._free = servers
        self._urgent: deque[int] = deque()
        self._others: deque[int] = deque()

    async def arrives(self, caller: int, now: float) -> int | None:
        """Take a caller in; return who is answered now."""
        (self._urgent if self._drawn[caller].urgent else self._others).append(caller)
        return self._answered()

    async def hangs_up(self, caller: int, now: float) -> None:
        """Take a waiting caller out."""
        (self._urgent if self._drawn[caller].urgent else self._others).remove(caller)

    async def is_free(self, caller: int, now: float) -> int | None:
        """End the service of a caller; return who is answered now."""
        self._free += 1
        return self._answered()

    def _answered(self) -> int | None:
        line = self._urgent or self._others
        if not line or not self._free:
            return None
        self._free -= 1
        return line.popleft()


# What happens first at one and the same instant.
FREE, ARRIVAL, HANG_UP = 0, 1, 2


async def serve(line: Line, drawn: Sequence[Caller]) -> list[Fate]:
    """Lead everybody through a queue and return what became of each, in the order drawn."""
    fates: list[Fate | None] = [None] * len(drawn)
    due = [(caller.at, ARRIVAL, number) for number, caller in enumerate(drawn)]

    def answer(number: int | None, now: float) -> None:
        if number is not None:
            fates[number] = Fate(now - drawn[number].at, answered=True)
            heapq.heappush(due, (now + drawn[number].service, FREE, number))

    while due:
        now, what, number = heapq.heappop(due)
        if what == FREE:
            answer(await line.is_free(number, now), now)
        elif what == ARRIVAL:
            answer(await line.arrives(number, now), now)
            if fates[number] is None and drawn[number].patience != float("inf"):
                heapq.heappush(due, (now + drawn[number].patience, HANG_UP, number))
        elif fates[number] is None:
            await line.hangs_up(number, now)
            fates[number] = Fate(now - drawn[number].at, answered=False)
    return [fate for fate in fates if fate is not None]
