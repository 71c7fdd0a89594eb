"""Who has the next turn when more passwords are to be hashed than threads are free. Bounded.

The lowest rank has the next turn: the rank is how much its address and its
neighbourhood have tried lately, so that who tries most waits longest, and a
flood from some addresses is behind everybody else's first try. When a lane is
full the highest rank is refused, though it may have come first.
"""

import asyncio
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(order=True, slots=True)
class Turn:
    """One password that waits to be hashed; equal ranks in the order of their coming."""

    rank: float
    number: int
    work: Callable[[], object] = field(compare=False)
    answer: "asyncio.Future[object]" = field(compare=False)


class Lane:
    """A bounded number of waiting turns."""

    def __init__(self, most: int) -> None:
        """Start empty."""
        self._most = most
        self._turns: list[Turn] = []

    def join(self, turn: Turn) -> Turn | None:
        """Let a turn wait; return the one that is refused for want of room, if any."""
        self._turns = [each for each in self._turns if not each.answer.done()]
        insort(self._turns, turn)
        return self._turns.pop() if len(self._turns) > self._most else None

    def take(self) -> Turn | None:
        """Return the next one, None when nobody waits; who has left meanwhile is passed over."""
        while self._turns:
            turn = self._turns.pop(0)
            if not turn.answer.done():
                return turn
        return None
