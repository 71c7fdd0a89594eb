"""The shell of one socket: moves a session's effects to the wire and to the centre."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID

import structlog
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from chat.centre import Centre, Visitor
from chat.effects import (
    Admit,
    Append,
    AskStatus,
    Close,
    Effect,
    Emit,
    Fetch,
    Probe,
    TellAlive,
    TellLeave,
    TellRead,
    TellTyping,
    Watch,
)
from chat.limits import GatewayLimits, SessionLimits
from chat.protocol import serialise
from chat.session import Phase, Session
from chat.wire import CountedConnection
from config.clock import monotonic
from config.errors import CentreError, NotFound, NotSignedIn, Unavailable

log = structlog.get_logger()

T = TypeVar("T")

_WATCH_AGAIN_SECONDS = 2.0
_SHORTEST_TIMER_SECONDS = 0.01


class Connection:
    """One visitor's socket, from its first byte to its last.

    What was asked of the centre is carried through even when the socket dies
    meanwhile: a `leave` sent by a page that is being fled must still count.
    Each such act is bounded by `centre_seconds`.
    """

    def __init__(
        self,
        socket: ServerConnection,
        centre: Centre,
        limits: GatewayLimits,
        session_limits: SessionLimits,
        on_admitted: Callable[["Connection", UUID], None],
    ) -> None:
        """Wrap an opened socket; `on_admitted` is told whose it turned out to be."""
        self._socket = socket
        self._centre = centre
        self._limits = limits
        self._page_lines = session_limits.page_lines
        self._on_admitted = on_admitted
        self.session = Session(session_limits, monotonic())
        self._outbox: asyncio.Queue[str] = asyncio.Queue(limits.outbox_frames)
        self._drained = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._acts: asyncio.TaskGroup | None = None
        self._watching: asyncio.Task[None] | None = None
        self.contact_id: UUID | None = None

    async def run(self) -> None:
        """Serve the socket until it closes and what it asked for is done."""
        try:
            async with asyncio.TaskGroup() as acts:
                self._acts = acts
                writing = acts.create_task(self._write())
                self._arm()
                try:
                    await self._read()
                finally:
                    self._stop_serving()
                    writing.cancel()
        finally:
            await self._say_disconnected()

    def perform(self, effects: Sequence[Effect]) -> None:
        """Carry out a session's effects, in order; what must wait becomes an act of its own."""
        for effect in effects:
            if isinstance(effect, Emit):
                self._emit(effect)
            elif self._acts is not None:
                task = self._acts.create_task(self._act(effect))
                if isinstance(effect, Watch):
                    self._watching = task
        self._arm()

    def let_in(self) -> None:
        """Let the socket say as much as a conversation needs: its token was good."""
        if isinstance(self._socket, CountedConnection):
            self._socket.protocol.let_in()

    def _stop_serving(self) -> None:
        """End what serves the client; what the centre was asked goes on."""
        self.session.gone()
        if self._timer is not None:
            self._timer.cancel()
        if self._watching is not None:
            self._watching.cancel()
        while not self._outbox.empty():
            self._outbox.get_nowait()
            self._outbox.task_done()
        self._drained.set()

    # The wire.

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for raw in self._socket:
                self.perform(self.session.received(raw, monotonic()))

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                text = await self._outbox.get()
                try:
                    await self._socket.send(text)
                finally:
                    self._outbox.task_done()
                    self._drained.set()

    def _emit(self, effect: Emit) -> None:
        try:
            self._outbox.put_nowait(serialise(effect.frame))
        except asyncio.QueueFull:
            # It takes nothing more in: it reconnects and resumes, or it is gone.
            self.session.gone()
            self._socket.transport.abort()

    async def _close(self, effect: Close) -> None:
        """Flush, then close; a peer that takes nothing in is cut after `closing_seconds`."""
        log.info("chat_socket_closed", close_code=effect.code, reason=effect.reason)
        try:
            async with asyncio.timeout(self._limits.closing_seconds):
                await self._outbox.join()
                await self._socket.close(effect.code, effect.reason)
        except TimeoutError:
            self._socket.transport.abort()

    async def _probe(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            await (await self._socket.ping())
            self.perform(self.session.heard(monotonic()))

    def _arm(self) -> None:
        """Wake the session at its next deadline; a timer already set for sooner stays."""
        if self.session.phase is Phase.CLOSED:
            return
        delay = max(_SHORTEST_TIMER_SECONDS, self.session.next_deadline() - monotonic())
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            if self._timer.when() <= loop.time() + delay:
                return
            self._timer.cancel()
        self._timer = loop.call_later(delay, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.perform(self.session.tick(monotonic()))

    # The centre.

    async def _act(self, effect: Effect) -> None:
        match effect:
            case Admit(token=token):
                await self._admit(token)
            case Watch():
                await self._watch()
            case Append():
                await self._append(effect)
            case Fetch():
                await self._fetch(effect)
            case AskStatus():
                await self._ask_status()
            case TellLeave(quick=quick):
                await self._leave(quick=quick)
            case TellTyping() | TellRead() | TellAlive():
                await self._tell(self._sign(effect))
            case Probe():
                await self._probe()
            case Close():
                await self._close(effect)

    def _sign(self, effect: TellTyping | TellRead | TellAlive) -> Awaitable[None]:
        match effect:
            case TellTyping():
                return self._centre.typing(self._contact)
            case TellRead(seq=seq):
                return self._centre.read(self._contact, seq)
            case TellAlive():
                return self._centre.alive(self._contact)

    @property
    def _contact(self) -> UUID:
        assert self.contact_id is not None  # the session asks nothing before `admitted`
        return self.contact_id

    async def _admit(self, token: str) -> None:
        try:
            visitor: Visitor = await self._asked(self._centre.admit_token(token))
            self.contact_id = visitor.contact_id
            await self._asked(self._centre.connected(visitor.contact_id))
        except CentreError as error:
            self.perform(self.session.refused(error))
            return
        self._on_admitted(self, visitor.contact_id)
        self.perform(self.session.admitted())

    async def _watch(self) -> None:
        """Follow the wakes for as long as the socket lives; without them the session polls."""
        while True:
            try:
                async with contextlib.AsyncExitStack() as stack:
                    watched = stack.enter_async_context(self._centre.watch(self._contact))
                    wakes = await self._asked(watched)
                    self.perform(self.session.watching(monotonic()))
                    async for wake in wakes:
                        self.perform(self.session.woken(wake.kind, monotonic()))
            except Unavailable as error:
                log.warning("chat_wakes_lost", code=error.code)
            self.perform(self.session.blind(monotonic()))
            await asyncio.sleep(_WATCH_AGAIN_SECONDS)

    async def _append(self, effect: Append) -> None:
        try:
            stored = await self._asked(self._centre.append(self._contact, effect.cid, effect.text))
        except NotFound:
            self._vanished()
        except CentreError as error:
            self.perform(self.session.not_stored(effect.cid, error, monotonic()))
        else:
            self.perform(self.session.stored(effect.cid, stored))

    async def _fetch(self, effect: Fetch) -> None:
        await self._room_for(self._page_lines)
        try:
            lines = await self._asked(self._centre.after(self._contact, effect.seq, effect.limit))
        except NotFound:
            self._vanished()
        except CentreError:
            self.perform(self.session.not_fetched(monotonic()))
        else:
            self.perform(self.session.fetched(lines))

    async def _ask_status(self) -> None:
        try:
            status = await self._asked(self._centre.status(self._contact))
        except NotFound:
            self._vanished()
        except CentreError:
            self.perform(self.session.no_status(monotonic()))
        else:
            self.perform(self.session.status(status, monotonic()))

    async def _leave(self, *, quick: bool) -> None:
        try:
            await self._asked(self._centre.leave(self._contact, quick=quick))
        except NotFound:
            self._vanished()
        except CentreError as error:
            self.perform(self.session.not_left(error))
        else:
            self.perform(self.session.left())

    def _vanished(self) -> None:
        """End a socket whose conversation is no more: a fail-over lost it, and its lines.

        Nobody reads what is written there: the client must know, and begin anew.
        """
        log.warning("chat_conversation_vanished", contact_id=str(self.contact_id))
        self.perform(self.session.refused(NotSignedIn("the conversation is no more")))

    async def _say_disconnected(self) -> None:
        if self.contact_id is not None:
            await self._tell(self._centre.disconnected(self.contact_id))

    async def _tell(self, told: Awaitable[None]) -> None:
        """Say something that may be lost: a later sign says it again, or its absence does."""
        try:
            await self._asked(told)
        except CentreError as error:
            log.info("chat_sign_not_taken", code=error.code)

    async def _asked(self, asked: Awaitable[T]) -> T:
        """Await the centre for `centre_seconds` at most; Unavailable after that."""
        try:
            async with asyncio.timeout(self._limits.centre_seconds):
                return await asked
        except TimeoutError:
            raise Unavailable(code="centre_too_slow") from None

    async def _room_for(self, frames: int) -> None:
        """Wait until the client has taken in enough: history is read no faster than it is shown."""
        room = max(1, self._limits.outbox_frames - 2 * frames)
        while self.session.phase is not Phase.CLOSED and self._outbox.qsize() > room:
            self._drained.clear()
            await self._drained.wait()
