"""The live sockets of this process: how many, and their end when it stops."""

from collections import Counter
from uuid import UUID

from config.errors import TooMuch, Unavailable
from contactcenter.api.live.frames import CLOSE_RECONNECT, CLOSE_SIGNED_OUT, Reconnect
from contactcenter.api.live.outbox import Goodbye, Outbox


class LiveSockets:
    """Every open live socket, bounded in all and by session."""

    def __init__(self, *, limit: int = 4000, per_session: int = 8) -> None:
        """Start with none."""
        self._limit = limit
        self._per_session = per_session
        self._sockets: dict[Outbox, UUID] = {}
        self._by_session: Counter[UUID] = Counter()
        self._draining = False

    def __len__(self) -> int:
        """Return how many are open."""
        return len(self._sockets)

    def check_room(self, session_id: UUID) -> None:
        """Raise Unavailable `draining` when stopping, TooMuch `too_many_sockets` when full."""
        if self._draining:
            raise Unavailable(code="draining")
        full = len(self._sockets) >= self._limit
        if full or self._by_session[session_id] >= self._per_session:
            raise TooMuch(code="too_many_sockets", retry_after=5)

    def add(self, outbox: Outbox, session_id: UUID) -> None:
        """Note an open socket."""
        self._sockets[outbox] = session_id
        self._by_session[session_id] += 1

    def remove(self, outbox: Outbox) -> None:
        """Forget a socket."""
        session_id = self._sockets.pop(outbox)
        self._by_session[session_id] -= 1
        if not self._by_session[session_id]:
            del self._by_session[session_id]

    def end_session(self, session_id: UUID) -> None:
        """End the sockets of a session just revoked; another process sees it within its check."""
        for outbox, owner in self._sockets.items():
            if owner == session_id:
                outbox.say_goodbye(Goodbye(CLOSE_SIGNED_OUT))

    def drain(self, window_ms: int) -> None:
        """Refuse new sockets and tell each open one to come back within `window_ms`.

        Their times are spread evenly, so that the process that takes over is
        not met by all of them at once.
        """
        self._draining = True
        sockets = list(self._sockets)
        for place, outbox in enumerate(sockets):
            after_ms = window_ms * place // max(1, len(sockets))
            outbox.say_goodbye(Goodbye(CLOSE_RECONNECT, Reconnect(after_ms=after_ms)))
