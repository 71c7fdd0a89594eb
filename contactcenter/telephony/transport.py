"""How the `twilio` package reaches the network: one shared session, explicit time-outs.

The package's own asynchronous transport ignores its time-out, keeps the last
request and response (a caller's number among them) and may repeat a POST,
which rings a listener twice. This one keeps nothing and repeats only what was
certainly never processed: 429, and a connection that could not be made.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlencode, urlsplit, urlunsplit

import aiohttp
import structlog
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

from config.clock import monotonic
from config.errors import Unavailable
from contactcenter.telephony.answers import UNAVAILABLE, UNREADABLE, accepted, lost

log = structlog.get_logger()

ATTEMPTS = 4
CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 5.0
CONCURRENT_REQUESTS = 16
# A thousand calls listed are some 2 MB.
MOST_BYTES = 8 * 1024 * 1024


class CallRate:
    """A token bucket for outbound calls: `per_second` on average, one at a time.

    Twilio queues or refuses calls placed faster than the account's rate; waiting
    here keeps the order in which listeners accepted.
    """

    def __init__(self, per_second: float) -> None:
        """Allow `per_second` acts a second; the first is immediate."""
        self._interval = 1 / per_second
        self._next = 0.0
        self._lock = asyncio.Lock()

    async def take(self) -> None:
        """Wait for a turn; at most one caller passes each interval."""
        async with self._lock:
            wait = self._next - monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            self._next = max(monotonic(), self._next) + self._interval


class TwilioTransport(AsyncHttpClient):
    """The HTTP client handed to `twilio.rest.Client`."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str, seconds: float) -> None:
        """Send through `session`; a `base_url` replaces Twilio's host, as for the emulator."""
        # The logger is only used by the package's own transports.
        super().__init__(logging.getLogger("twilio"), is_async=True, timeout=seconds)
        self._seconds = seconds
        self._session = session
        self._base = urlsplit(base_url) if base_url else None
        self._slots = asyncio.Semaphore(CONCURRENT_REQUESTS)

    async def request(  # type: ignore[override] # the package types its async client as sync
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the package's own signature
        allow_redirects: bool = False,  # noqa: ARG002 - never followed
    ) -> Response:
        """Send one request and return a Response that says « done »; see `accepted` for all else.

        All of it, waiting for a turn and for a busy network included, lasts no
        longer than the time-out. Raises Unavailable when nothing was processed,
        OutcomeUnknown when it may have been: its caller reads back before
        trying again.
        """
        url = self._address(uri)
        form = urlencode(_flat(data)) if data else None
        own = {**(headers or {}), **_own_headers(auth)}
        try:
            async with asyncio.timeout(timeout or self._seconds):
                return await self._until_taken(method, url, _flat(params), form, own)
        except aiohttp.ClientConnectorError:
            error = Unavailable("the telephone network cannot be reached", code=UNAVAILABLE)
        except (aiohttp.ClientError, OSError):  # time-outs are OSErrors
            error = lost(method, "the telephone network did not answer", UNAVAILABLE)
        raise error

    async def _until_taken(
        self,
        method: str,
        url: str,
        params: list[tuple[str, str]],
        form: str | None,
        headers: Mapping[str, str],
    ) -> Response:
        """Ask until the network does not ask to slow down; a 429 was never processed."""
        for attempt in range(1, ATTEMPTS + 1):
            async with (
                self._slots,
                self._session.request(
                    method,
                    url,
                    params=params,
                    data=form,
                    headers=headers,
                    timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
                    allow_redirects=False,
                ) as answer,
            ):
                if answer.status != 429:
                    body = accepted(method, answer.status, await _body(method, answer))
                    return Response(answer.status, body, dict(answer.headers))
            log.warning("telephony_asked_to_slow_down", attempt=attempt)
            # Full jitter, so that listeners who accept together do not retry together.
            await asyncio.sleep(random.uniform(0.05, 0.2 * 2**attempt))  # noqa: S311
        raise Unavailable("the telephone network asks to slow down", code=UNAVAILABLE)

    def _address(self, uri: str) -> str:
        if self._base is None:
            return uri
        parts = urlsplit(uri)
        return urlunsplit((self._base.scheme, self._base.netloc, parts.path, parts.query, ""))


async def _body(method: str, answer: aiohttp.ClientResponse) -> bytes:
    """Return the whole body; one without end is not read to its end."""
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > MOST_BYTES:
            raise lost(method, "the telephone network answered without end", UNREADABLE)
    return bytes(body)


def _own_headers(auth: tuple[str, str] | None) -> dict[str, str]:
    own = {"Content-Type": "application/x-www-form-urlencoded"}
    if auth is not None:
        own["Authorization"] = aiohttp.encode_basic_auth(*auth)
    return own


def _flat(fields: Mapping[str, object] | None) -> list[tuple[str, str]]:
    """Repeat the field for each item of a list, as Twilio's form arrays want."""
    pairs: list[tuple[str, str]] = []
    for name, value in (fields or {}).items():
        items = value if isinstance(value, list | tuple) else (value,)
        pairs.extend((name, _text(item)) for item in items)
    return pairs


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@asynccontextmanager
async def twilio_transport(
    base_url: str, *, seconds: float = TOTAL_SECONDS
) -> AsyncIterator[TwilioTransport]:
    """Hold the one session that all requests to the network share."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=32)) as session:
        yield TwilioTransport(session, base_url, seconds)
