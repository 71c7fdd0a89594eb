"""The service on a machine whose clock is off: `python -m tests.kit.shifted_service SECONDS serve …`.

The product knows nothing of it: only what tells it the time is another class.
"""

import sys
from datetime import datetime, timedelta

from config.clock import SystemClock
from contactcenter import app
from contactcenter.cli.command import main


class ShiftedClock(SystemClock):
    """The machine's clock, so many seconds ahead."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


if __name__ == "__main__":
    ShiftedClock.ahead = timedelta(seconds=float(sys.argv.pop(1)))
    app.SystemClock = ShiftedClock  # type: ignore[misc]
    main()
