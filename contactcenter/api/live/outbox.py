"""What waits to be written to one socket: bounded, in order."""

import asyncio
from collections import deque
from dataclasses import dataclass

from pydantic import BaseModel


@dataclass(frozen=True)
class Goodbye:
    """The last thing to send, and the code to close with."""

    code: int
    frame: BaseModel | None = None


class Outbox:
    """Frames for one socket, at most `limit` of them.

    A reader that falls behind must not make the service remember for it: what
    it missed is in PostgreSQL, so it is told to come and read it again.
    """

    def __init__(self, limit: int) -> None:
        """Start empty."""
        self._limit = limit
        self._frames: deque[BaseModel] = deque()
        self._goodbye: Goodbye | None = None
        self._something = asyncio.Event()

    def put(self, frame: BaseModel) -> bool:
        """Add a frame; False when there is no room, or the socket is being closed."""
        if self._goodbye is not None or len(self._frames) >= self._limit:
            return False
        self._frames.append(frame)
        self._something.set()
        return True

    def say_goodbye(self, goodbye: Goodbye) -> None:
        """Drop what still waits and end with this; the first goodbye stays."""
        if self._goodbye is None:
            self._goodbye = goodbye
            self._frames.clear()
            self._something.set()

    @property
    def goodbye(self) -> Goodbye | None:
        """Return how the socket is to end, once that is decided."""
        return self._goodbye

    async def take(self) -> BaseModel | Goodbye:
        """Return the next frame, waiting for one; the goodbye comes last."""
        while not self._frames and self._goodbye is None:
            self._something.clear()
            await self._something.wait()
        if self._frames:
            return self._frames.popleft()
        assert self._goodbye is not None
        return self._goodbye
