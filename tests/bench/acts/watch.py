"""Counts what passes to PostgreSQL while an act is done, and nothing else is."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from config.clock import monotonic
from tests.bench.acts.cost import Cost, Window, cost_of
from tests.kit.counting_proxy import Passages
from tests.kit.until import until

# Before an act begins, and after its last frame, nothing must have passed for so long: what follows
# from an act follows within a few milliseconds.
QUIET_SECONDS = 0.08
# The table of the lines that are said.
LINES = "message"


class Watch:
    """What passed each time an act was done."""

    def __init__(self, passages: Passages, stillness: Path) -> None:
        """Watch what a proxy notes; the service's loops stand still while the file is there."""
        self.is_counting = False
        self._passages = passages
        self._stillness = stillness
        self._windows: defaultdict[str, list[Window]] = defaultdict(list)

    @asynccontextmanager
    async def act(self, name: str, *, beyond_its_line: bool = False) -> AsyncIterator[None]:
        """Count what passes in the block, and what still follows.

        The block ends when every frame that the act causes has come. `beyond_its_line` leaves out
        the transaction that stores a line. While `is_counting` is false the act is only done.
        """
        if not self.is_counting:
            yield
            return
        self._stillness.touch()
        try:
            await self._until_quiet()
            since = len(self._passages.all)
            yield
            await self._until_quiet()
        finally:
            self._stillness.unlink()
        self._windows[name].append(
            [
                each
                for each in self._passages.all[since:]
                if not (beyond_its_line and LINES in each.writes)
            ]
        )

    @property
    def costs(self) -> dict[str, Cost]:
        """What each act costs by what was seen so far, in the order in which they were first done."""
        return {act: cost_of(windows) for act, windows in self._windows.items()}

    async def _until_quiet(self) -> None:
        passages, since = self._passages, monotonic()

        def is_quiet() -> bool:
            quiet_seconds = monotonic() - max(since, passages.last_over_at)
            return not passages.under_way and quiet_seconds >= QUIET_SECONDS

        await until(is_quiet, saying="nothing passes")
