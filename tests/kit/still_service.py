"""The service, whose loops stand still on demand: `python -m tests.kit.still_service FILE serve …`.

While FILE is there no loop that has a period begins a round; loops that wait
for their next input go on. The reconciler's lock is not looked after. With
every role in one process, call steps are driven when told and never by the
clock; one process may not hear of what another leaves, and looks each second.
So what passes meanwhile follows from what is asked. The product knows nothing of it.
"""

import sys
from collections.abc import Awaitable, Callable
from math import inf
from pathlib import Path

from contactcenter import app
from contactcenter.cli.command import main
from contactcenter.loops import Loop, LoopHealth
from records import lock
from tests.kit.until import until

NEVER_SECONDS = 3600.0


def stand_still_while(there: Path, *, is_alone: bool) -> None:
    """Have every loop made from now on wait before each round while the file is there."""
    make = Loop.__init__

    def made(
        self: Loop,
        name: str,
        every: float,
        act: Callable[[], Awaitable[object]],
        health: LoopHealth,
    ) -> None:
        async def round_() -> object:
            await until(lambda: not there.exists(), inf, every=0.03)
            return await act()

        make(self, name, every, round_ if every else act, health)

    Loop.__init__ = made  # type: ignore[method-assign]
    for module, period in ((lock, "CHECK_SECONDS"), (app, "STEPS_SECONDS"))[: 1 + is_alone]:
        assert getattr(module, period) < NEVER_SECONDS, "a period inside of a loop's round"
        setattr(module, period, NEVER_SECONDS)


if __name__ == "__main__":
    stand_still_while(Path(sys.argv.pop(1)), is_alone="--role" not in sys.argv)
    main()
