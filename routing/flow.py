"""What became of a lane's contacts, minute by minute: the live figures of desks and wallboards.

Pure. The index keeps one small bucket a lane and minute, written when a contact
is answered or gives up, so a window is read without looking at any contact. The
truth stays in PostgreSQL: statistics count events there, and `Router.restore_flow`
fills the window again after a loss.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Flow:
    """Who was answered and who gave up, over some time; waits in milliseconds.

    `in_target`: answered within the queue's target, counted only for contacts
    that were given one. `abandoned` leaves out `abandoned_early`, those who
    hung up at once (DOMAIN 7.1: « abandoned < 5 s apart »). `longest_ms` is the
    longest wait among the answered.
    """

    answered: int = 0
    in_target: int = 0
    abandoned: int = 0
    abandoned_early: int = 0
    waited_ms: int = 0
    longest_ms: int = 0

    @property
    def presented(self) -> int:
        """Return how many waited long enough to count: answered, or given up late."""
        return self.answered + self.abandoned

    @property
    def service_level(self) -> float | None:
        """Return the share of the presented answered within the target; None when nobody was.

        A contact that gives up late counts against it (the strict reading of
        « 80 % in 20 s »); one that gives up early does not count at all.
        """
        return self.in_target / self.presented if self.presented else None

    @property
    def mean_wait_ms(self) -> int | None:
        """Return the mean wait of the answered; None when nobody was."""
        return self.waited_ms // self.answered if self.answered else None

    def and_also(self, other: "Flow") -> "Flow":
        """Return both together: two lanes of a queue, two minutes of a lane."""
        return Flow(
            self.answered + other.answered,
            self.in_target + other.in_target,
            self.abandoned + other.abandoned,
            self.abandoned_early + other.abandoned_early,
            self.waited_ms + other.waited_ms,
            max(self.longest_ms, other.longest_ms),
        )


FLOW_FIGURES = tuple(field.name for field in fields(Flow))
"""The figures by name, in the order in which the scripts keep them."""


class FlowRow(NamedTuple):
    """One lane's minute, as read back from PostgreSQL; `at_ms` is any instant of that minute."""

    lane: str
    at_ms: int
    flow: Flow


def together(flows: Iterable[Flow]) -> Flow:
    """Return the sum of flows, with the longest wait of all."""
    total = Flow()
    for one in flows:
        total = total.and_also(one)
    return total
