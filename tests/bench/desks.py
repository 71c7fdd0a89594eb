"""Listeners at their desks: signed in, ready, each with a live socket that is read at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

import aiohttp
import pyotp

from config.clock import monotonic
from tests.bench.load import BenchFailed

ANSWER_SECONDS = 10.0


class OfferBoard:
    """When each contact's offer came to a live socket, and when it was taken back."""

    def __init__(self) -> None:
        """Expect nothing yet."""
        self._offered: dict[UUID, asyncio.Future[float]] = {}
        self._withdrawn: dict[UUID, asyncio.Future[float]] = {}

    def expect(self, contact_id: UUID) -> None:
        """Look out for a contact, before it is queued."""
        loop = asyncio.get_running_loop()
        self._offered[contact_id] = loop.create_future()
        self._withdrawn[contact_id] = loop.create_future()

    async def offered(self, contact_id: UUID) -> float:
        """Return the instant (monotonic seconds) at which the offer frame was read."""
        return await _soon(self._offered[contact_id], "no offer came")

    async def withdrawn(self, contact_id: UUID) -> None:
        """Wait until the offer is taken back, and forget the contact."""
        await _soon(self._withdrawn[contact_id], "the offer was not withdrawn")
        del self._offered[contact_id], self._withdrawn[contact_id]

    def heard(self, frame: dict[str, Any], at: float) -> None:
        """Take one frame of a live socket."""
        place = {"offer": self._offered, "offer_withdrawn": self._withdrawn}.get(frame["type"])
        if place is not None:
            future = place.get(UUID(frame["contact_id"]))
            if future is not None and not future.done():
                future.set_result(at)


@asynccontextmanager
async def desks(staff_url: str, accounts: list[dict[str, str]]) -> AsyncIterator[OfferBoard]:
    """Sign everybody in and declare them ready, until left."""
    board = OfferBoard()
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with (
        aiohttp.ClientSession(
            f"{staff_url}/api/v1/", timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
        ) as http,
        AsyncExitStack() as stack,
    ):
        for account in accounts:
            await stack.enter_async_context(_desk(http, account, board))
        yield board


@asynccontextmanager
async def _desk(
    http: aiohttp.ClientSession, account: dict[str, str], board: OfferBoard
) -> AsyncIterator[None]:
    signed_in = await _ask(
        http,
        "POST",
        "session",
        json={
            "login": account["login"],
            "password": account["password"],
            "totp": pyotp.TOTP(account["totp_secret"]).now(),
        },
    )
    headers = {"Authorization": f"Bearer {signed_in['token']}"}
    ticket = await _ask(http, "POST", "me/live-ticket", headers=headers)
    async with http.ws_connect("live", params={"ticket": ticket["ticket"]}) as socket:
        reading = asyncio.ensure_future(_read(socket, board))
        try:
            await _ask(http, "PUT", "me/presence", headers=headers, json={"state": "ready"})
            yield
            if reading.done():
                raise BenchFailed(f"a live socket was closed: {socket.close_code}")
            await _ask(http, "PUT", "me/presence", headers=headers, json={"state": "offline"})
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def _read(socket: aiohttp.ClientWebSocketResponse, board: OfferBoard) -> None:
    async for message in socket:
        at = monotonic()
        if message.type is aiohttp.WSMsgType.TEXT:
            board.heard(message.json(), at)


async def _ask(
    http: aiohttp.ClientSession, method: str, path: str, **options: Any
) -> dict[str, Any]:
    async with http.request(method, path, **options) as answer:
        if answer.status not in (200, 201):
            raise BenchFailed(f"{method} {path} was answered {answer.status}")
        document: dict[str, Any] = await answer.json()
        return document


async def _soon(future: asyncio.Future[float], failure: str) -> float:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await asyncio.shield(future)
    except TimeoutError:
        raise BenchFailed(f"{failure} within {ANSWER_SECONDS:.0f} s") from None
