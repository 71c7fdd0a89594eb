"""The connections of an HTTP port: how long a half request lives, and how the unreadable is answered.

What aiohttp answers by itself is replaced here: its words quote the sender's
bytes, name the server and its version, and each writes a line of level error,
so that any stranger could fill the log and ring the operator.

The library has no public way to do this. What is overridden is named in
tests/integration/test_attack_http.py, which fails when a new version calls it
otherwise.
"""

import asyncio
from typing import Any, cast

import structlog
from aiohttp import web
from aiohttp.http import HttpVersion11
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_protocol import PayloadAccessError, RequestHandler
from prometheus_client import Counter

from chat.address import area_of, client_of, hidden
from chat.limits import Bucket, Places, Rate
from config.clock import monotonic
from config.errors import CentreError, Refused
from contactcenter.web.problems import from_http, problem_of, problem_response

log = structlog.get_logger()

# From the first byte of a request's head, or from the connection, to the head's end.
HEAD_SECONDS = 15.0
# A connection that asks nothing more is closed: long enough for a proxy to use it again.
# The library's own 3,630 s lets a few thousand silent connections take every descriptor.
IDLE_SECONDS = 75.0
# How long what is left of a body that nobody reads is still taken in.
LINGER_SECONDS = 3.0
CONNECTIONS = 4_000
# What one connection may hand over before the others have their turn.
READ_BYTES = 16 * 1024
# What a socket may send once it is open, whatever its frames: a desk says little, and briefly.
SOCKET_BYTES = Rate(burst=256 * 1024, per_second=16 * 1024)

UNREADABLE = Counter(
    "http_unreadable",
    "Requests that no route saw: unparsable, unfinished or one too many",
    ["kind"],
)

# What a sender does to a body, and no fault of ours.
_OF_THE_SENDER = (HttpProcessingError, web.RequestPayloadError, PayloadAccessError, ConnectionError)


def head_seconds() -> float:
    """Return how long a head may take, from its first byte or from the connection."""
    return min(HEAD_SECONDS, IDLE_SECONDS)


class PortRunner(web.AppRunner):
    """Runs an application whose connections are bounded in time and number.

    `forwarded_hops` is how many proxies of ours stand in front: with any, the
    connections are theirs, and are not shared out by where they come from.
    """

    def __init__(self, app: web.Application, *, forwarded_hops: int = 0, **options: Any) -> None:
        """Take the options of `web.AppRunner`."""
        super().__init__(
            app,
            access_log=None,  # aiohttp's own has paths and queries: ours has route names
            keepalive_timeout=IDLE_SECONDS,
            lingering_time=LINGER_SECONDS,
            **options,
        )
        self.places = Places(CONNECTIONS)
        self.forwarded_hops = forwarded_hops

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(self, made)


class _Server(web.Server):
    """The library's server, with connections of ours."""

    def __init__(self, runner: PortRunner, made: web.Server) -> None:
        super().__init__(made.request_handler, request_factory=made.request_factory, **made._kwargs)  # noqa: SLF001 (as the library made it)
        self._runner = runner

    def __call__(self) -> RequestHandler:
        return _Connection(self, self._runner, loop=self._loop, **self._kwargs)


class _Connection(RequestHandler):
    """One connection, from its first byte to its last."""

    def __init__(self, server: web.Server, runner: PortRunner, **options: Any) -> None:
        super().__init__(server, **options)
        self._runner = runner
        self._late: asyncio.TimerHandle | None = None
        self._last_body: StreamReader = EMPTY_PAYLOAD
        self._area: bytes | None = None
        self._socket_bytes = Bucket(SOCKET_BYTES, monotonic())
        self.first_bytes = b""  # read before there was a connection: see web/lobby.py

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # How much asyncio's own transports receive at once; others have no such bound.
        cast("Any", transport).max_size = READ_BYTES
        super().connection_made(transport)
        area = self._area_of(transport)
        if not self._runner.places.take(area, shared=not self._runner.forwarded_hops):
            UNREADABLE.labels("full").inc()
            assert self.transport is not None
            self.transport.abort()
            return
        self._area = area
        self._expect_head()
        if self.first_bytes:
            self.data_received(self.first_bytes)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._expect_nothing()
        if self._area is not None:
            self._runner.places.give_back(self._area)
            self._area = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_socket and self._socket_bytes.take(monotonic(), len(data)):
            UNREADABLE.labels("flood").inc()
            log.info("http_socket_flooded")
            assert self.transport is not None
            self.transport.abort()
            return
        read = self._request_count
        super().data_received(data)
        if self._request_count != read:
            self._expect_nothing()
            self._last_body = self._messages[-1][1] if self._messages else EMPTY_PAYLOAD
        elif data and self._last_body.is_eof() and not self._is_socket:
            self._expect_head()  # the first bytes of one; more of them win no time

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a failure that escaped every middleware."""
        del message
        log.error("request_crashed", route="unnamed", status=status, exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("part of an answer was sent already")
        return _closing(CentreError())

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Answer in our words what the library refused before a middleware saw it."""
        if isinstance(resp, web.HTTPException) and resp.status >= 400:
            UNREADABLE.labels("refused").inc()
            resp = problem_response(from_http(resp))
            resp.force_close()
        return await super().finish_response(request, resp, start_time)

    def log_exception(self, *args: Any, **options: Any) -> None:
        """Keep the library's line of level error for faults of ours."""
        if isinstance(options.get("exc_info"), _OF_THE_SENDER):
            UNREADABLE.labels("body").inc()
            log.info("http_body_unreadable")
        else:
            super().log_exception(*args, **options)

    def _make_error_handler(self, err_info: Any) -> Any:
        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            UNREADABLE.labels("head").inc()
            log.info("http_head_unreadable", error=type(err_info.exc).__name__)
            request._version = HttpVersion11  # noqa: SLF001 (called 1.0, as nothing was read)
            too_large = isinstance(err_info.exc, LineTooLong)
            response = _closing(Refused(code="head_too_large" if too_large else "bad_request"))
            # No route matched, so the port's own headers would not be added by themselves.
            assert isinstance(request, web.Request)
            await self._runner.app.on_response_prepare.send(request, response)
            return response

        return answer

    @property
    def _is_socket(self) -> bool:
        return self._upgraded or self._payload_parser is not None

    def _area_of(self, transport: asyncio.BaseTransport) -> bytes:
        if self._runner.forwarded_hops:
            return b""  # a proxy's: whose it is, each request says for itself
        peer = transport.get_extra_info("peername")
        host = peer[0] if isinstance(peer, tuple) else None
        return hidden(area_of(client_of(host, None, 0)))

    def _expect_head(self) -> None:
        if self._late is None:
            self._late = self._loop.call_later(head_seconds(), self._head_is_late)

    def _expect_nothing(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _head_is_late(self) -> None:
        self._late = None
        UNREADABLE.labels("late").inc()
        if self._current_request is None:
            self.force_close()
        else:
            self.close()  # another request is being answered: after that


class _Nameless(web.Response):
    """An answer that does not say which server made it, also when no port's signal ran."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers.popall("Server", None)


def _closing(error: CentreError) -> web.Response:
    problem = problem_response(problem_of(error))
    response = _Nameless(body=problem.body, status=problem.status, headers=problem.headers)
    response.force_close()
    return response
