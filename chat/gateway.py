"""The public chat gateway: a websockets server on its own port.

It holds no truth: any number of gateways may run, and a visitor may resume on
another one than she left. Frames are text, uncompressed (compressing secrets
beside chosen text leaks them), at most 16 kB.
"""

import asyncio
import contextlib
import http
import logging
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from functools import partial
from typing import cast
from uuid import UUID

import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from chat.address import area_of, client_of, hidden
from chat.centre import Centre
from chat.connection import Connection
from chat.limits import Buckets, GatewayLimits, Places, SessionLimits
from chat.wire import ACCEPTS_A_TURN, BACKLOG, CountedConnection, Unopened, listen, plain_answer
from config.clock import monotonic

log = structlog.get_logger()

SOCKET_PATH = "/chat/socket"

Health = Callable[[str], Awaitable[tuple[int, str] | None]]


async def no_health(_path: str) -> tuple[int, str] | None:
    """Know no path: for a gateway that stands alone."""
    return None


class Gateway:
    """The gateway while it serves; made by `chat_gateway`."""

    def __init__(
        self,
        centre: Centre,
        allowed_origins: Collection[str],
        limits: GatewayLimits,
        session_limits: SessionLimits,
        forwarded_hops: int,
        health: Health,
    ) -> None:
        """Keep what a connection needs; serves nothing yet."""
        self._centre = centre
        self._allowed_origins = frozenset(allowed_origins)
        self._limits = limits
        self._session_limits = session_limits
        self._forwarded_hops = forwarded_hops
        self._handshakes = Buckets(limits.handshakes_per_address)
        self._places = Places(limits.connections)
        self._connections: set[Connection] = set()
        self._by_contact: defaultdict[UUID, list[Connection]] = defaultdict(list)
        self._empty = asyncio.Event()
        self._draining = False
        self._health = health
        self.stop_listening: Callable[[], None] = lambda: None
        self.port = 0

    @property
    def open_sockets(self) -> int:
        """Return how many sockets are served now."""
        return len(self._connections)

    async def drain(self, window_seconds: float) -> None:
        """Send everybody elsewhere and return once they are gone, or the window has passed.

        New sockets are refused at once, and the port is closed: a proxy finds nobody there
        and tries the next gateway, instead of passing a refusal on. Each client is given its own moment
        within the window, so that they do not all arrive next door together;
        until then its socket works. Lines being stored are acknowledged first.
        """
        self._draining = True
        self.stop_listening()
        log.info("chat_draining", open=self.open_sockets)
        for connection in list(self._connections):
            after_ms = secrets.randbelow(max(1, int(window_seconds * 1000)))
            connection.perform(connection.session.leaving(after_ms))
        if await self._emptied(window_seconds):
            return
        for connection in list(self._connections):
            connection.perform(connection.session.stop())
        await self._emptied(self._limits.closing_seconds)

    async def serve(self, socket: ServerConnection) -> None:
        """Serve one socket; a fault of ours ends it alone, with code 1011."""
        connection = Connection(
            socket, self._centre, self._limits, self._session_limits, self._admitted
        )
        self._connections.add(connection)
        try:
            await connection.run()
        except Exception:
            log.exception("chat_connection_failed")
            await socket.close(CloseCode.INTERNAL_ERROR, "internal_error")
        finally:
            self._forget(connection)

    async def screen(self, socket: ServerConnection, request: Request) -> Response | None:
        """Refuse a handshake before it costs anything; the reason is a code in the body.

        The health paths are answered here too, as on every port.
        """
        assert isinstance(socket, CountedConnection)
        if told := await self._health(request.path.partition("?")[0]):
            return plain_answer(http.HTTPStatus(told[0]), told[1], "application/json")
        if refused := self._refused(socket, request):
            return socket.respond(*refused)
        return None

    def _refused(
        self, socket: CountedConnection, request: Request
    ) -> tuple[http.HTTPStatus, str] | None:
        if request.path.partition("?")[0] != SOCKET_PATH:
            return http.HTTPStatus.NOT_FOUND, "not_found"
        # A program sends none; a browser always does, one, and only our page's will do.
        origins = request.headers.get_all("Origin")
        if len(origins) > 1 or not self._allowed_origins.issuperset(origins):
            return http.HTTPStatus.FORBIDDEN, "foreign_origin"
        if self._draining:
            return http.HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"
        peer = socket.remote_address
        forwarded = ",".join(request.headers.get_all("X-Forwarded-For"))
        client = client_of(peer[0] if peer else None, forwarded, self._forwarded_hops)
        if self._handshakes.take(hidden(client), monotonic()):
            return http.HTTPStatus.TOO_MANY_REQUESTS, "too_much"
        if not socket.take_place(self._places, hidden(area_of(client))):
            return http.HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"
        return None

    def _admitted(self, connection: Connection, contact_id: UUID) -> None:
        connection.let_in()
        sockets = self._by_contact[contact_id]
        sockets.append(connection)
        if len(sockets) > self._limits.sockets_per_conversation:
            oldest = sockets.pop(0)
            oldest.perform(oldest.session.replaced())

    def _forget(self, connection: Connection) -> None:
        self._connections.discard(connection)
        contact_id = connection.contact_id
        if contact_id is not None:
            sockets = self._by_contact[contact_id]
            if connection in sockets:
                sockets.remove(connection)
            if not sockets:
                del self._by_contact[contact_id]
        self._empty.set()

    async def _emptied(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._connections:
                    self._empty.clear()
                    await self._empty.wait()
        return not self._connections


@contextlib.asynccontextmanager
async def chat_gateway(
    centre: Centre,
    *,
    host: str,
    port: int,
    allowed_origins: Collection[str],
    limits: GatewayLimits | None = None,
    session_limits: SessionLimits | None = None,
    drain_seconds: float = 5.0,
    forwarded_hops: int = 0,
    health: Health = no_health,
) -> AsyncIterator[Gateway]:
    """Serve the chat's sockets at `SOCKET_PATH` until left; `port` 0 takes any free one.

    `health` gives status and text of a health path, None for others.
    `allowed_origins` are the page's own, such as "https://chat.example.org".
    Leaving drains over `drain_seconds` unless `drain` was called before.
    Raises OSError when the port cannot be had.
    """
    limits = limits or GatewayLimits()
    gateway = Gateway(
        centre, allowed_origins, limits, session_limits or SessionLimits(), forwarded_hops, health
    )
    # The library narrates frames, content included, at debug level: never let it.
    logger = logging.getLogger("chat.websockets")
    logger.setLevel(logging.CRITICAL)
    unopened = Unopened(limits.unopened)
    listening = listen(host, port)
    server: Server = serve(
        gateway.serve,
        sock=listening,
        backlog=ACCEPTS_A_TURN,
        process_request=gateway.screen,
        compression=None,
        server_header=None,
        open_timeout=10,
        ping_interval=None,  # the session probes, so that one set of deadlines rules
        close_timeout=limits.closing_seconds,
        max_queue=8,
        logger=logger,
        create_connection=cast(
            "type[ServerConnection]", partial(CountedConnection, limits=limits, unopened=unopened)
        ),
    )
    async with server:
        listening.listen(BACKLOG)  # the kernel keeps more than one turn of the loop takes
        gateway.stop_listening = server.server.close
        gateway.port = listening.getsockname()[1]
        log.info("chat_gateway_open", port=gateway.port)
        try:
            yield gateway
        finally:
            await gateway.drain(drain_seconds)
