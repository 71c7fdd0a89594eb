"""The times one socket lives by. Pure: seconds of a clock that never jumps, as arguments."""

from chat.limits import SessionLimits


class Deadlines:
    """When a socket was last heard, is to be probed, is to look again, or is given up."""

    def __init__(self, limits: SessionLimits, now: float) -> None:
        """Start the wait for hello."""
        self._limits = limits
        self._opened = now
        self._heard = now
        self._probed = now
        self._checked = now
        self._retry_at: float | None = None
        self._told_alive: float | None = None
        self._told_typing: float | None = None
        self.blind = False  # without wakes, look again each second

    def heard(self, now: float) -> None:
        """Note that something came from the client."""
        self._heard = now

    def checked(self, now: float) -> None:
        """Note that the centre is being asked."""
        self._checked = now
        self._retry_at = None

    def retry(self, now: float) -> None:
        """Ask again soon: the last answer failed."""
        self._retry_at = now + self._limits.retry_seconds

    def hello_is_late(self, now: float) -> bool:
        """Tell whether a connection said nothing for too long."""
        return now >= self._opened + self._limits.hello_seconds

    def is_silent(self, now: float) -> bool:
        """Tell whether the client is to be taken for dead."""
        return now >= self._heard + self._limits.silent_seconds

    def takes_probe(self, now: float) -> bool:
        """Tell whether a probe is due, and count it as sent."""
        due = now >= self._next_probe()
        if due:
            self._probed = now
        return due

    def check_is_due(self, now: float) -> bool:
        """Tell whether the centre is to be asked again."""
        return now >= self._next_check()

    def takes_alive(self, now: float) -> bool:
        """Tell whether a sign of life is to be passed on, and count it as passed."""
        due = self._told_alive is None or now >= self._told_alive + self._limits.alive_seconds
        if due:
            self._told_alive = now
        return due

    def takes_typing(self, now: float) -> bool:
        """Tell whether « is writing » is to be passed on, and count it as passed."""
        due = self._told_typing is None or now >= self._told_typing + self._limits.typing_seconds
        if due:
            self._told_typing = now
        return due

    def next(self, *, said_hello: bool, checks: bool) -> float:
        """Return the first instant at which something is due."""
        if not said_hello:
            return self._opened + self._limits.hello_seconds
        due = min(self._heard + self._limits.silent_seconds, self._next_probe())
        return min(due, self._next_check()) if checks else due

    def _next_probe(self) -> float:
        return max(self._heard, self._probed) + self._limits.probe_seconds

    def _next_check(self) -> float:
        limits = self._limits
        pause = limits.blind_recheck_seconds if self.blind else limits.recheck_seconds
        check = self._checked + pause
        return check if self._retry_at is None else min(check, self._retry_at)
