"""What goes wrong, and when: drawn beforehand, so that a seed has one course."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.simulate.index import Index
from tests.simulate.network import Network

# How often an hour, and how long: seconds.
KILLS, DOWN = 10.0, (1.0, 25.0)
WIPES, RESTARTING = 1.5, (0.0, 3.0)
ROLLBACKS, BEHIND = 1.5, (1.0, 30.0)
OUTAGES, REFUSED = 1.5, (3.0, 45.0)
STORMS, STORMY = 3.0, (15.0, 90.0)
WORSE = 30.0
# After each of these the index is repaired within so long: a rebuild, a whole pass, a return.
REPAIRED = {"wiped": 45.0, "rolled_back": 90.0, "refused": 90.0, "storm": 90.0}

Shaken = Callable[[float, bool], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, at a moment, for a while."""

    at: float
    what: str
    seconds: float


def draw(rng: random.Random, hours: float, times: float = 1.0) -> list[Fault]:
    """Draw what goes wrong in so many hours: each kind at least once, whatever the length.

    `times` as often as the figures above: where the index is never whole for
    long, only what the truth promises by itself is judged.
    """
    found = []
    for what, an_hour, lasts in (
        ("kill", KILLS, DOWN),
        ("wiped", WIPES, RESTARTING),
        ("rolled_back", ROLLBACKS, BEHIND),
        ("refused", OUTAGES, REFUSED),
        ("storm", STORMS, STORMY),
    ):
        for _ in range(max(1, round(an_hour * times * hours))):
            at = rng.uniform(60, max(120, hours * 3600))
            found.append(Fault(at, what, rng.uniform(*lasts)))
    return sorted(found, key=lambda fault: fault.at)


class Faults:
    """Carries a schedule out."""

    def __init__(
        self,
        schedule: list[Fault],
        network: Network,
        index: Index,
        kill: Callable[[float], None],
        shaken: Shaken,
    ) -> None:
        """Kill nodes by `kill`, tell of disturbances of the index by `shaken`."""
        self._schedule = schedule
        self._network = network
        self._index = index
        self._kill = kill
        self._shaken = shaken

    async def run(self) -> None:
        """Let everything go wrong in its time."""
        async with asyncio.TaskGroup() as group:
            for fault in self._schedule:
                group.create_task(self._happen(fault))

    async def _happen(self, fault: Fault) -> None:
        await asyncio.sleep(fault.at)
        if fault.what == "kill":
            self._kill(fault.seconds)
        elif fault.what == "wiped":
            await self._wipe(fault.seconds)
        elif fault.what == "rolled_back":
            await self._roll_back(fault.seconds)
        elif fault.what == "refused":
            await self._refuse("truth", fault.seconds)
        else:
            await self._storm(fault.seconds)

    async def _wipe(self, seconds: float) -> None:
        self._index.wipe()
        self._shaken(seconds + REPAIRED["wiped"], True)
        await self._refuse("index", seconds)

    async def _roll_back(self, seconds: float) -> None:
        """Be as one was `seconds` before: what was written since is forgotten."""
        copy = self._index.snapshot()
        await asyncio.sleep(seconds)
        self._index.roll_back(copy)
        self._shaken(REPAIRED["rolled_back"], True)

    async def _refuse(self, engine: str, seconds: float) -> None:
        self._network.refused[engine] += 1
        self._shaken(seconds + REPAIRED["refused"], False)
        await asyncio.sleep(seconds)
        self._network.refused[engine] -= 1

    async def _storm(self, seconds: float) -> None:
        self._network.weather = self._network.calm.worse(WORSE)
        self._shaken(seconds + REPAIRED["storm"], False)
        await asyncio.sleep(seconds)
        self._network.weather = self._network.calm
