"""One live socket, from its upgrade to its close.

Four tasks share it: events from the hub into the outbox, the outbox onto the
wire, frames from the desk, and pings. Whichever decides that the socket ends
puts a goodbye in the outbox; the writer sends it and closes, and with it all
of them stop. The presence of the listener is her session's and outlives it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from aiohttp import WSMessage, WSMsgType, web
from pydantic import BaseModel

from config.clock import monotonic
from config.errors import CentreError, InvalidInput, NotSignedIn, TooMuch, Unavailable
from contactcenter.api.live.frames import (
    CLOSE_BAD_FRAME,
    CLOSE_RESYNC,
    CLOSE_SIGNED_OUT,
    CLOSE_SILENT,
    CLOSE_TOO_MANY,
    OfferSeen,
    Ping,
    Pong,
    Read,
    Refusal,
    Resync,
    Typing,
    read_frame,
)
from contactcenter.api.live.outbox import Goodbye, Outbox
from contactcenter.api.services import StaffServices
from contactcenter.web.problems import problem_of
from records.actor import Principal

log = structlog.get_logger()


@dataclass(frozen=True)
class LiveLimits:
    """How long and how much one socket may; durations are seconds.

    The lease that a pong renews lasts 20 s, so two lost pings are forgiven.
    """

    ping_seconds: float = 5
    silent_seconds: float = 16
    # How long what was revoked elsewhere (another process, `user disable`) is still told things.
    session_check_seconds: float = 10
    send_seconds: float = 5
    flooded_seconds: float = 0.5
    outbox_frames: int = 256
    max_frame_bytes: int = 4096
    frames_per_second: float = 20
    frames_burst: int = 60


_COUNTED = frozenset({WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.PING, WSMsgType.PONG})


class LiveSocket:
    """The service's end of one live socket."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        outbox: Outbox,
        principal: Principal,
        services: StaffServices,
        limits: LiveLimits,
        abort: Callable[[], None],
        *,
        watches: bool = False,
    ) -> None:
        """Take a socket that is already upgraded; `abort` cuts its connection.

        One that `watches` (a wallboard) renews no lease: it can show no offer, so
        it must not keep a listener « ready » whose desk is closed.
        """
        self._watches = watches
        self._socket = socket
        self._abort = abort
        self._outbox = outbox
        self._principal = principal
        self._services = services
        self._limits = limits
        self._last_sign = monotonic()
        self._checked_at = monotonic()
        self._allowance = float(limits.frames_burst)
        self._allowance_at = monotonic()

    async def run(self) -> None:
        """Serve until either side ends it; a lost connection is no error."""
        tasks: tuple[Callable[[], Awaitable[None]], ...] = (
            self._hear_events,
            self._hear_desk,
            self._keep_alive,
        )
        async with asyncio.TaskGroup() as group:
            others = [group.create_task(self._guarded(act)) for act in tasks]
            await self._write()
            for task in others:
                task.cancel()

    async def _guarded(self, act: Callable[[], Awaitable[None]]) -> None:
        """Turn a failure of one task into the socket's goodbye: the desk reconnects and rereads."""
        try:
            await act()
        except NotSignedIn:
            self._end(CLOSE_SIGNED_OUT)
        except CentreError as error:
            log.info("live_socket_resync", code=error.code)
            self._end(CLOSE_RESYNC, Resync())
        except Exception:
            log.exception("live_socket_crashed")
            self._end(CLOSE_RESYNC, Resync())

    async def _hear_events(self) -> None:
        """Move events into the outbox at once, so that the hub never waits for this socket."""
        async with self._services.live.subscribe(self._principal) as events:
            async for event in events:
                if not self._outbox.put(event):
                    raise TooMuch(code="resync")
        raise Unavailable(code="hub_stopped")

    async def _write(self) -> None:
        """Write until the goodbye, or until the other side is gone or does not read."""
        while True:
            item = await self._outbox.take()
            frame = item.frame if isinstance(item, Goodbye) else item
            try:
                if frame is not None:
                    async with asyncio.timeout(self._limits.send_seconds):
                        await self._socket.send_str(frame.model_dump_json())
            except (TimeoutError, ConnectionError):
                self._end(CLOSE_RESYNC)
                item = self._outbox.goodbye or item
            if isinstance(item, Goodbye):
                await self._close(item.code)
                return

    async def _close(self, code: int) -> None:
        flooded = code == CLOSE_TOO_MANY
        limits = self._limits
        try:
            # Whoever floods is not waited for: its answer stands behind what is no longer read.
            async with asyncio.timeout(limits.flooded_seconds if flooded else limits.send_seconds):
                await self._socket.close(code=code)
        except (TimeoutError, ConnectionError):
            # It does not even take the goodbye: what is still buffered for it is dropped.
            log.info("live_socket_cut", close_code=code)
            self._abort()

    async def _hear_desk(self) -> None:
        """Read frames until the desk closes or the connection is lost."""
        while True:
            message = await self._socket.receive()
            self._last_sign = monotonic()
            # Pings and pongs too: aiohttp has them read as messages, and they cost as much.
            if message.type in _COUNTED and not self._allowed():
                self._end(CLOSE_TOO_MANY, Refusal(code="too_much", retry_after=1))
                return
            match message.type:
                case WSMsgType.TEXT:
                    await self._frame(message.data)
                case WSMsgType.PING:
                    await self._socket.pong(message.data)
                case WSMsgType.PONG:
                    await self._alive()
                case WSMsgType.BINARY:
                    self._refuse_and_close(InvalidInput(code="bad_frame"))
                case _:
                    self._end(_code_of(message))
                    return

    async def _frame(self, text: str) -> None:
        try:
            await self._act(read_frame(text))
        except InvalidInput as error:
            self._refuse_and_close(error)
        except NotSignedIn:
            raise
        except CentreError as error:
            problem = problem_of(error)
            self._outbox.put(Refusal(code=problem.code, retry_after=problem.retry_after))

    async def _act(self, frame: OfferSeen | Typing | Read | Ping) -> None:
        contacts, principal = self._services.contacts, self._principal
        match frame:
            case OfferSeen():
                await self._services.offers.seen(principal, frame.offer_id)
            case Typing():
                await contacts.typing(principal, frame.contact_id)
            case Read():
                await contacts.read(principal, frame.contact_id, frame.seq)
            case Ping():
                self._outbox.put(Pong())

    async def _keep_alive(self) -> None:
        """Ping, so that the pong renews the lease; end a socket that no longer answers."""
        while monotonic() - self._last_sign <= self._limits.silent_seconds:
            try:
                async with asyncio.timeout(self._limits.send_seconds):
                    await self._socket.ping()
            except (TimeoutError, ConnectionError):
                break
            await self._check_session()
            await asyncio.sleep(self._limits.ping_seconds)
        self._end(CLOSE_SILENT)

    async def _alive(self) -> None:
        """Renew the lease; an index that does not answer is mended by the next pong."""
        if self._watches:
            return
        try:
            await self._services.presence.heartbeat(self._principal)
        except Unavailable as error:
            log.info("live_heartbeat_failed", code=error.code)

    async def _check_session(self) -> None:
        """See now and then that the session still stands; a database away is no proof it fell."""
        if monotonic() - self._checked_at < self._limits.session_check_seconds:
            return
        self._checked_at = monotonic()
        try:
            await self._services.accounts.still_signed_in(self._principal)
        except Unavailable as error:
            log.info("live_session_unchecked", code=error.code)

    def _allowed(self) -> bool:
        """Count one frame against this socket's allowance."""
        now = monotonic()
        earned = (now - self._allowance_at) * self._limits.frames_per_second
        self._allowance = min(self._limits.frames_burst, self._allowance + earned)
        self._allowance_at = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True

    def _refuse_and_close(self, error: CentreError) -> None:
        self._end(CLOSE_BAD_FRAME, Refusal(code=error.code))

    def _end(self, code: int, frame: BaseModel | None = None) -> None:
        self._outbox.say_goodbye(Goodbye(code, frame))


def _code_of(message: WSMessage) -> int:
    """Return the code to close with: aiohttp's own for a frame too large, else a plain goodbye."""
    if message.type is WSMsgType.ERROR:
        return CLOSE_BAD_FRAME
    return 1000
