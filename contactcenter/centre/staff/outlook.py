"""What the next one to come may expect to wait, from what this process has seen answered.

The lane's own recent answers, on the cautious side, as `routing.estimate` says:
counted over the whole window, which a lane that began lately has not filled.
The window does not tell when the last answer was; so this process notes it, and
until it has seen one it knows nothing and says so.
"""

from collections.abc import Iterable

from routing.estimate import RecentFlow, expected_wait_seconds
from routing.model import Overview


class Outlook:
    """The last answer seen in each lane."""

    def __init__(self) -> None:
        """Start knowing nothing."""
        self._answered: dict[str, int] = {}
        self._last_ms: dict[str, int] = {}

    def see(self, overview: Overview) -> None:
        """Note the lanes where somebody was answered since the last look."""
        for lane, load in overview.lanes.items():
            before = self._answered.get(lane)
            if before is not None and load.flow.answered > before:
                self._last_ms[lane] = overview.now_ms
            self._answered[lane] = load.flow.answered

    def wait_seconds(self, overview: Overview, lanes: Iterable[str]) -> int | None:
        """Return the longest wait expected in these lanes; None when nobody can say of any."""
        known = [self._of_lane(overview, lane) for lane in lanes]
        return max((each for each in known if each is not None), default=None)

    def _of_lane(self, overview: Overview, lane: str) -> int | None:
        load, last_ms = overview.lanes.get(lane), self._last_ms.get(lane)
        if load is None or last_ms is None:
            return None
        recent = RecentFlow(
            load.flow.answered, overview.window_ms, max(0, overview.now_ms - last_ms)
        )
        return expected_wait_seconds(load.waiting, load.present, recent)
