"""What an act cost PostgreSQL, out of what passed each time it was done. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tests.kit.counting_proxy import Passage

Window = Sequence[Passage]


@dataclass(frozen=True)
class Figures:
    """What is counted of an act; `writing_transactions` are those with a statement that may write."""

    round_trips: int
    transactions: int
    statements: int
    writing_transactions: int


@dataclass(frozen=True)
class Goal:
    """What an act is to cost at the most."""

    round_trips: int
    writing_transactions: int


@dataclass(frozen=True)
class Cost:
    """What an act costs; `detail` names what passed, `seen` are the round trips of each time."""

    figures: Figures
    detail: tuple[str, ...]
    seen: tuple[int, ...]

    def is_within(self, bounds: Figures | Goal) -> bool:
        """Tell whether none of the figures is above its bound."""
        counted = asdict(self.figures)
        return all(counted[name] <= most for name, most in asdict(bounds).items())


def cost_of(windows: Sequence[Window]) -> Cost:
    """Return the cost of an act from what passed each time it was done: the lowest.

    What is left besides the act comes by now and then: a sign of life of a
    socket, a new connection. It only adds, and not each time.
    """
    least = min(windows, key=lambda window: (_round_trips(window), len(window)))
    return Cost(
        Figures(
            round_trips=_round_trips(least),
            transactions=len(least),
            statements=sum(len(each.statements) for each in least),
            writing_transactions=sum(bool(each.writes) for each in least),
        ),
        detail=tuple(" ".join(each.names) for each in least),
        seen=tuple(map(_round_trips, windows)),
    )


def _round_trips(window: Window) -> int:
    return sum(len(each.trips) for each in window)
