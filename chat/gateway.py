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
from collections.abc import AsyncIterator, Collection
from typing import Any
from uuid import UUID

import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from chat.address import origin_of
from chat.centre import Centre
from chat.connection import Connection
from chat.frames import Error
from chat.limits import Buckets, GatewayLimits, SessionLimits
from chat.protocol import MAX_FRAME_BYTES, serialise
from config.clock import monotonic

log = structlog.get_logger()

SOCKET_PATH = "/chat/socket"


class Gateway:
    """The gateway while it serves; made by `chat_gateway`."""

    def __init__(
        self,
        centre: Centre,
        allowed_origins: Collection[str],
        limits: GatewayLimits,
        session_limits: SessionLimits,
        forwarded_hops: int,
    ) -> None:
        """Keep what a connection needs; serves nothing yet."""
        self._centre = centre
        self._allowed_origins = frozenset(allowed_origins)
        self._limits = limits
        self._session_limits = session_limits
        self._forwarded_hops = forwarded_hops
        self._handshakes = Buckets(limits.handshakes_per_address)
        self._connections: set[Connection] = set()
        self._by_contact: defaultdict[UUID, list[Connection]] = defaultdict(list)
        self._empty = asyncio.Event()
        self._draining = False
        self.port = 0

    @property
    def open_sockets(self) -> int:
        """Return how many sockets are served now."""
        return len(self._connections)

    async def drain(self, window_seconds: float) -> None:
        """Send everybody elsewhere and return once they are gone, or the window has passed.

        New sockets are refused at once. Each client is given its own moment
        within the window, so that they do not all arrive next door together;
        until then its socket works. Lines being stored are acknowledged first.
        """
        self._draining = True
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

    def screen(self, socket: ServerConnection, request: Request) -> Response | None:
        """Refuse a handshake before it costs anything; the reason is a code in the body."""
        if request.path.partition("?")[0] != SOCKET_PATH:
            return _refusal(socket, http.HTTPStatus.NOT_FOUND, "not_found")
        origin = request.headers.get("Origin")
        # A program sends none; a browser always does, and only our page's will do.
        if origin is not None and origin not in self._allowed_origins:
            return _refusal(socket, http.HTTPStatus.FORBIDDEN, "foreign_origin")
        if self._draining or self.open_sockets >= self._limits.connections:
            return _refusal(socket, http.HTTPStatus.SERVICE_UNAVAILABLE, "unavailable")
        peer = socket.remote_address
        forwarded = ",".join(request.headers.get_all("X-Forwarded-For"))
        address = origin_of(peer[0] if peer else None, forwarded, self._forwarded_hops)
        if self._handshakes.take(address, monotonic()):
            return _refusal(socket, http.HTTPStatus.TOO_MANY_REQUESTS, "too_much")
        return None

    def answered(
        self, socket: ServerConnection, _request: Request, response: Response
    ) -> Response | None:
        """Refuse a malformed handshake by a code: the library's own words quote its headers."""
        if response.status_code == http.HTTPStatus.BAD_REQUEST:
            return _refusal(socket, http.HTTPStatus.BAD_REQUEST, "bad_handshake")
        return None

    def _admitted(self, connection: Connection, contact_id: UUID) -> None:
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
) -> AsyncIterator[Gateway]:
    """Serve the chat's sockets at `SOCKET_PATH` until left; `port` 0 takes any free one.

    `allowed_origins` are the page's own, such as "https://chat.example.org".
    Leaving drains over `drain_seconds` unless `drain` was called before.
    Raises OSError when the port cannot be had.
    """
    limits = limits or GatewayLimits()
    gateway = Gateway(
        centre, allowed_origins, limits, session_limits or SessionLimits(), forwarded_hops
    )
    # The library narrates frames, content included, at debug level: never let it.
    logger = logging.getLogger("chat.websockets")
    logger.setLevel(logging.CRITICAL)
    server: Server = serve(
        gateway.serve,
        host,
        port,
        process_request=gateway.screen,
        process_response=gateway.answered,
        compression=None,
        server_header=None,
        open_timeout=10,
        ping_interval=None,  # the session probes, so that one set of deadlines rules
        close_timeout=limits.closing_seconds,
        max_queue=8,
        logger=logger,
        create_connection=_NamingConnection,
    )
    async with server:
        gateway.port = next(iter(server.sockets)).getsockname()[1]
        log.info("chat_gateway_open", port=gateway.port)
        try:
            yield gateway
        finally:
            await gateway.drain(drain_seconds)


class _NamingProtocol(ServerProtocol):
    """Says `frame_too_large` in a frame of its own before it closes with 1009.

    The library refuses such a message from its header, without reading it,
    and closes at once; the client would learn a number only.
    """

    def fail(self, code: CloseCode | int, reason: str = "") -> None:
        if code == CloseCode.MESSAGE_TOO_BIG and self.state is OPEN:
            self.send_text(serialise(Error("frame_too_large")).encode())
            reason = "frame_too_large"
        super().fail(code, reason)


class _NamingConnection(ServerConnection):
    def __init__(self, protocol: ServerProtocol, server: Server, **options: Any) -> None:
        named = _NamingProtocol(max_size=MAX_FRAME_BYTES, logger=protocol.logger)
        super().__init__(named, server, **options)


def _refusal(socket: ServerConnection, status: http.HTTPStatus, code: str) -> Response:
    log.info("chat_handshake_refused", status=int(status), code=code)
    response = socket.respond(status, f"{code}\n")
    if status in {http.HTTPStatus.SERVICE_UNAVAILABLE, http.HTTPStatus.TOO_MANY_REQUESTS}:
        response.headers["Retry-After"] = "2"
    return response
