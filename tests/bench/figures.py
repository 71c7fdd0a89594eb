"""From samples to figures. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


def percentile(samples: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile: a value that was measured, never one in between.

    With fewer than 100 samples the 99th is the worst one. Raises ValueError
    without samples or for a percent outside ]0, 100].
    """
    if not samples or not 0 < percent <= 100:
        raise ValueError("a percentile needs samples and a percent in ]0, 100]")
    return sorted(samples)[math.ceil(len(samples) * percent / 100) - 1]


@dataclass(frozen=True)
class Round:
    """One round of load: how long each act took, and how long all of them took together."""

    seconds: float
    latencies: tuple[float, ...]  # seconds
    cpu_seconds: float = 0.0  # of the server's process

    @property
    def per_second(self) -> float:
        """Return the rate; 0 when nothing was done."""
        return len(self.latencies) / self.seconds if self.latencies else 0.0


@dataclass(frozen=True)
class Compared:
    """Rounds of the service, each beside the round of its floor that ran just before it."""

    service: tuple[Round, ...]
    floor: tuple[Round, ...]

    @property
    def per_second(self) -> float:
        """Return the service's rate: the median of its rounds."""
        return median(each.per_second for each in self.service)

    @property
    def floor_per_second(self) -> float:
        """Return the floor's rate: the median of its rounds."""
        return median(each.per_second for each in self.floor)

    @property
    def ratio(self) -> float:
        """Return the median of service / floor, taken round by round.

        Neighbours in time share the machine's mood; a ratio of two medians
        may set a calm moment of the one against a busy moment of the other.
        """
        pairs = zip(self.service, self.floor, strict=True)
        return median(service.per_second / floor.per_second for service, floor in pairs)

    @property
    def count(self) -> int:
        """Return how many acts of the service were measured."""
        return sum(len(each.latencies) for each in self.service)

    @property
    def cpu_ms_each(self) -> float:
        """Return the service's own processor time for one act, in milliseconds.

        What neighbours on the machine change least: they take turns from us,
        not work off us.
        """
        return sum(each.cpu_seconds for each in self.service) / self.count * 1000

    def service_ms(self, percent: float) -> float:
        """Return a percentile over all rounds of the service, in milliseconds."""
        return pooled_ms(self.service, percent)

    def floor_ms(self, percent: float) -> float:
        """Return a percentile over all rounds of the floor, in milliseconds."""
        return pooled_ms(self.floor, percent)


def pooled_ms(rounds: Sequence[Round], percent: float) -> float:
    """Return a percentile over the latencies of several rounds, in milliseconds."""
    return percentile([each for one in rounds for each in one.latencies], percent) * 1000


def significant(value: float, digits: int = 3) -> float:
    """Return `value` to so many significant digits: the rest of them is noise."""
    return float(f"{value:.{digits}g}")
