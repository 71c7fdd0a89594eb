"""The wire under the gateway: every frame is counted, every answer is ours.

The library answers pings by itself, below any session, and takes as many in
one turn of the loop as the kernel has for it. So one socket that sends
nothing else would hold up everybody; here it is closed with 4429 before its
frames cost anything. And what the library refuses by itself it answers in its
own words, which quote what was sent: here each answer is a problem (RFC 9457)
with one of our codes.
"""

import asyncio
import http
import json
import socket
from collections.abc import Hashable
from email.utils import formatdate
from typing import Any, cast

import structlog
from prometheus_client import Counter
from websockets.asyncio.server import Server, ServerConnection
from websockets.datastructures import Headers
from websockets.exceptions import InvalidMessage
from websockets.frames import CloseCode, Frame
from websockets.http11 import Response
from websockets.protocol import CONNECTING, OPEN
from websockets.server import ServerProtocol

from chat.frames import CLOSE_FLOOD, Error
from chat.limits import Bucket, GatewayLimits, Places
from chat.problems import PLAIN_HEADERS
from chat.protocol import MAX_FRAME_BYTES, serialise
from config.clock import monotonic

log = structlog.get_logger()

# Connections that the kernel keeps for us, and how many of them one turn of the loop takes.
BACKLOG = 1024
ACCEPTS_A_TURN = 8

REFUSED = Counter(
    "chat_handshakes_refused", "Handshakes refused, by the code of the answer", ["code"]
)
FLOODED = Counter("chat_sockets_flooded", "Sockets closed because they sent too many frames")

# What is said where the library chose the status by itself.
_CODES = {
    400: "bad_handshake",
    405: "method_not_allowed",
    414: "head_too_large",
    426: "upgrade_required",
    431: "head_too_large",
    500: "internal_error",
    503: "unavailable",
    505: "bad_handshake",
}
_OURS = frozenset({"not_found", "foreign_origin", "unavailable", "too_much"})
_RETRY_SECONDS = "2"


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; OSError when the port cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


class Unopened:
    """How many connections have not said their handshake yet: bounded, whoever they are."""

    def __init__(self, most: int) -> None:
        """Start with none."""
        self._most = most
        self._open: set[object] = set()

    def add(self, connection: object) -> bool:
        """Note a new connection; False when there are as many as may be."""
        if len(self._open) >= self._most:
            return False
        self._open.add(connection)
        return True

    def drop(self, connection: object) -> None:
        """Forget one that has opened, was refused, or is gone."""
        self._open.discard(connection)


class CountedProtocol(ServerProtocol):
    """The library's protocol, with every frame counted before it has any effect."""

    def __init__(self, limits: GatewayLimits, **options: Any) -> None:
        """Allow little until `let_in`."""
        super().__init__(max_size=MAX_FRAME_BYTES, **options)
        now = monotonic()
        self._limits = limits
        self._frames = Bucket(limits.frames_before_hello, now)
        self._bytes = Bucket(limits.frame_bytes, now)
        self.is_flooded = False

    def let_in(self) -> None:
        """Allow what a conversation needs."""
        self._frames = Bucket(self._limits.frames, monotonic())

    def recv_frame(self, frame: Frame) -> None:
        """Take a frame, or close with 4429: what stands behind it is dropped unread."""
        now = monotonic()
        wait = self._frames.take(now) or self._bytes.take(now, len(frame.data))
        if not wait:
            super().recv_frame(frame)
            return
        FLOODED.inc()
        log.info("chat_socket_closed", close_code=CLOSE_FLOOD, reason="flood")
        self.is_flooded = True
        if self.state is OPEN and not self.expect_continuation_frame:
            self.send_text(serialise(Error("flood", retry_after=wait)).encode())
        self.fail(CLOSE_FLOOD, "flood")

    def fail(self, code: CloseCode | int, reason: str = "") -> None:
        """Say `frame_too_large` in a frame of its own before closing with 1009.

        The library refuses such a message from its header, without reading it,
        and closes at once; the client would learn a number only. Other reasons
        of the library's are not repeated: they quote what was sent.
        """
        if code == CloseCode.MESSAGE_TOO_BIG and self.state is OPEN:
            self.send_text(serialise(Error("frame_too_large")).encode())
            reason = "frame_too_large"
        elif code != CLOSE_FLOOD:
            reason = ""
        super().fail(code, reason)

    def reject(self, status: http.HTTPStatus | int, text: str) -> Response:
        """Return the answer to a handshake that is refused; `text` is used if it is a code."""
        status = http.HTTPStatus(status)
        code = text if text in _OURS else _CODES.get(status, "bad_handshake")
        REFUSED.labels(code).inc()
        if status is http.HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("chat_handshake_failed", exc_info=self.handshake_exc)
        else:
            log.info("chat_handshake_refused", status=int(status), code=code)
        return _problem(status, code)

    def send_eof(self) -> None:
        """Answer what was no request at all: the library closes without a word."""
        failure = self.handshake_exc
        unread = isinstance(failure, InvalidMessage) and not isinstance(failure.__cause__, EOFError)
        if self.state is CONNECTING and unread and not self.accept_called and not self.eof_sent:
            self.writes.append(self.reject(http.HTTPStatus.BAD_REQUEST, "").serialize())
        super().send_eof()


class CountedConnection(ServerConnection):
    """One connection: it holds a place until it is lost, and is not read once it has flooded."""

    protocol: CountedProtocol

    def __init__(
        self,
        protocol: ServerProtocol,
        server: Server,
        *,
        limits: GatewayLimits,
        unopened: Unopened,
        **options: Any,
    ) -> None:
        """Replace the library's protocol by ours."""
        super().__init__(CountedProtocol(limits, logger=protocol.logger), server, **options)
        self._limits = limits
        self._unopened = unopened
        self._place: tuple[Places, Hashable] | None = None
        self._cut: asyncio.TimerHandle | None = None

    def take_place(self, places: Places, area: Hashable) -> bool:
        """Take a place for as long as the connection lives; False when the area has its share."""
        if not places.take(area):
            return False
        self._place = places, area
        return True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bound what one turn of the loop reads, and how many have not opened yet."""
        # How much asyncio's own transports receive at once; others have no such bound.
        cast("Any", transport).max_size = self._limits.read_bytes
        super().connection_made(transport)
        if not self._unopened.add(self):
            REFUSED.labels("full").inc()
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._unopened.drop(self)
        if self._place is not None:
            places, area = self._place
            self._place = None
            places.give_back(area)
        if self._cut is not None:
            self._cut.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read no more of a socket that has flooded, and cut it once its reason was sent."""
        super().data_received(data)
        if self.request is not None:
            self._unopened.drop(self)
        if self.protocol.is_flooded:
            self.transport.pause_reading()
            if self._cut is None:
                self._cut = self.loop.call_later(self._limits.flooded_seconds, self.transport.abort)


def _problem(status: http.HTTPStatus, code: str) -> Response:
    document = {
        "type": f"urn:contactcenter:problem:{code}",
        "title": status.phrase,
        "status": int(status),
        "code": code,
    }
    answer = plain_answer(status, json.dumps(document), "application/problem+json")
    if status in {http.HTTPStatus.SERVICE_UNAVAILABLE, http.HTTPStatus.TOO_MANY_REQUESTS}:
        answer.headers["Retry-After"] = _RETRY_SECONDS
    return answer


def plain_answer(status: http.HTTPStatus, text: str, content_type: str) -> Response:
    """Return an answer to what opens no socket."""
    body = text.encode()
    headers = Headers(
        {
            "Date": formatdate(usegmt=True),
            "Connection": "close",
            "Content-Length": str(len(body)),
            "Content-Type": content_type,
            **PLAIN_HEADERS,
        }
    )
    return Response(int(status), status.phrase, headers, body)
