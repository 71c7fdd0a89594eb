"""What keeps failing items apart, without a database to note them in."""

from typing import Any, cast

from config.clock import Clock
from contactcenter.centre.quarantine import Quarantine


class Unnoted:
    """Stands for `SetAside` where nobody supervises."""

    async def note(self, *_: object) -> None:
        """Note nothing."""

    async def clear(self, *_: object) -> None:
        """Forget nothing."""


def quarantine(clock: Clock) -> Quarantine:
    """Return what keeps the failing items of a tested loop from the others."""
    return Quarantine(cast("Any", Unnoted()), clock, "tested")
