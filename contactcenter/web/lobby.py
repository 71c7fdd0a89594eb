"""Where connections wait until they have asked something: only then do they cost what one costs.

To accept costs a few microseconds, to serve a connection fifty times that: a
transport, a parser, a task. So a head is read here until it is whole, and a
thousand strangers who let theirs in drop by drop cost a read a drop. Of those
whose heads are whole a few are let in at each turn of the loop.
"""

import asyncio
import errno
import re
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, cast

import structlog
from aiohttp import web

from config.clock import monotonic
from contactcenter.web.connections import UNREADABLE

log = structlog.get_logger()

ACCEPTED_A_TURN = 128
ADMITTED_A_TURN = 8
# Connections whose head is not whole yet; of more, the oldest is closed.
MOST_WAITING = 4_000
LOOK_SECONDS = 1.0
# The longest head that is waited for; a longer one is let in, to be refused in words.
HEAD_BYTES = 16 * 1024
# What begins otherwise is let in at once, to be refused in words.
_BEGINNING = re.compile(rb"[A-Z]{1,16} [^\s]{1,8192} HTTP/1\.[01]\r\n")
# Of these a pause mends: descriptors or memory are all used.
_SCARCE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_NOTHING = (BlockingIOError, InterruptedError, ConnectionAbortedError)


class Guest(Protocol):
    """A protocol that is handed what was read for it before it was connected."""

    first_bytes: bytes


Guests = Callable[[], asyncio.Protocol]


class Lobby:
    """Accepts on a listening socket for as long as it is open."""

    def __init__(
        self,
        listening: socket.socket,
        guests: Guests,
        *,
        head_seconds: float,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """Close whose head is not whole after `head_seconds`, and the oldest beyond `most_waiting`.

        What `guests` makes is given what was read as its `first_bytes`.
        """
        self._loop = asyncio.get_running_loop()
        self._listening = listening
        self._guests = guests
        self._head_seconds = head_seconds
        self._most_waiting = most_waiting
        self._waiting: dict[socket.socket, _Head] = {}  # oldest first
        self._whole: deque[tuple[socket.socket, bytes]] = deque()
        self._entering: set[asyncio.Task[None]] = set()
        self._handles: dict[str, asyncio.Handle] = {}
        listening.setblocking(False)
        self._open_door()
        self._look()

    def close(self) -> None:
        """Accept nobody more; whoever is not served yet is gone."""
        self._loop.remove_reader(self._listening)
        self._listening.close()
        for handle in self._handles.values():
            handle.cancel()
        for waiting in list(self._waiting):
            self._turn_out(waiting)
        while self._whole:
            self._whole.popleft()[0].close()
        for entering in self._entering:
            entering.cancel()

    def _open_door(self) -> None:
        self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        for _ in range(ACCEPTED_A_TURN):
            try:
                came, _address = self._listening.accept()
            except _NOTHING:
                return
            except OSError as error:
                if error.errno not in _SCARCE:
                    raise
                log.warning("connections_not_accepted", code=errno.errorcode[error.errno])
                self._loop.remove_reader(self._listening)
                self._handles["door"] = self._loop.call_later(LOOK_SECONDS, self._open_door)
                return
            came.setblocking(False)
            if len(self._waiting) >= self._most_waiting:
                self._turn_out(next(iter(self._waiting)))
            self._waiting[came] = _Head(monotonic())
            self._loop.add_reader(came, self._read, came)

    def _read(self, who: socket.socket) -> None:
        head = self._waiting[who]
        try:
            read = who.recv(HEAD_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            read = b""
        if not read:
            self._turn_out(who)
            return
        head.text += read
        if not head.is_wanting:
            self._loop.remove_reader(who)
            del self._waiting[who]
            if not self._whole:
                self._handles["admit"] = self._loop.call_soon(self._admit)
            self._whole.append((who, bytes(head.text)))

    def _admit(self) -> None:
        for _ in range(min(ADMITTED_A_TURN, len(self._whole))):
            entering = asyncio.ensure_future(self._enter(*self._whole.popleft()))
            self._entering.add(entering)
            entering.add_done_callback(self._entering.discard)
        if self._whole:
            self._handles["admit"] = self._loop.call_soon(self._admit)

    async def _enter(self, who: socket.socket, first_bytes: bytes) -> None:
        def guest() -> asyncio.Protocol:
            made = self._guests()
            cast("Guest", made).first_bytes = first_bytes
            return made

        try:
            await self._loop.connect_accepted_socket(guest, who)
        except OSError:
            who.close()  # gone before it was served

    def _look(self) -> None:
        until = monotonic() - self._head_seconds
        for who in [who for who, head in self._waiting.items() if head.since <= until]:
            UNREADABLE.labels("late").inc()
            self._turn_out(who)
        soon = min(LOOK_SECONDS, self._head_seconds / 4)
        self._handles["look"] = self._loop.call_later(soon, self._look)

    def _turn_out(self, who: socket.socket) -> None:
        self._loop.remove_reader(who)
        del self._waiting[who]
        who.close()


@dataclass(slots=True)
class _Head:
    since: float
    text: bytearray = field(default_factory=bytearray)

    @property
    def is_wanting(self) -> bool:
        """Say whether more of it must come before anybody can answer."""
        if len(self.text) >= HEAD_BYTES or b"\r\n\r\n" in self.text:
            return False
        return b"\n" not in self.text or _BEGINNING.match(self.text) is not None


class LobbySite(web.SockSite):
    """A site of the library whose connections come through a lobby."""

    __slots__ = ("_head_seconds",)

    def __init__(self, runner: web.BaseRunner, sock: socket.socket, head_seconds: float) -> None:
        """Serve on `sock`; whose head is not whole after `head_seconds` is closed."""
        super().__init__(runner, sock)
        self._head_seconds = head_seconds

    async def start(self) -> None:
        """Begin to accept."""
        await web.BaseSite.start(self)
        assert self._runner.server is not None
        lobby = Lobby(self._sock, self._runner.server, head_seconds=self._head_seconds)
        # All that the library asks of its server is to close.
        self._server = cast("asyncio.AbstractServer", cast("object", lobby))
