"""Listeners at live sockets, who take each offer at once and let go when they are told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

import aiohttp

from config.clock import SystemClock, monotonic
from tests.bench.load import BenchFailed
from tests.kit.listener import Listener, listener
from tests.kit.site import Site

PROXIED = {"PROXY_HOPS": "1"}
OFFER_SECONDS = 10.0


@dataclass(frozen=True)
class NextOffer:
    """One listener's way from a closed contact to the next offer on her socket."""

    closed_contact_id: UUID
    asked_at: float  # her request to close, sent; `monotonic`
    shown_at: float  # the offer's frame, read; `monotonic`
    shown_on: datetime  # the same by the clock that PostgreSQL's instants come from


@dataclass
class Desk(Listener):
    """One listener; whatever goes wrong with an offer ends the benchmark."""

    room: "Room" = field(init=False)
    closed: tuple[UUID, float] | None = None

    async def _heard(self, socket: aiohttp.ClientWebSocketResponse, frame: dict[str, Any]) -> None:
        if frame["type"] == "offer":
            self.room.offered(self, monotonic(), SystemClock().now())
            await socket.send_json({"type": "offer_seen", "offer_id": frame["offer_id"]})
            self.room.group.create_task(self._take(frame))

    async def _take(self, offer: dict[str, Any]) -> None:
        status, document = await self.ask("POST", f"offers/{offer['offer_id']}/accept")
        if status != 200:
            raise BenchFailed(f"an offer was not accepted: {document.get('code')}")
        self.room.taken(self, UUID(offer["contact_id"]))

    async def let_go(self, contact_id: UUID) -> None:
        """End and close her contact: from the second request on she is about to be free."""
        await self._must("POST", f"contacts/{contact_id}/end")
        self.closed = (contact_id, monotonic())
        words = {"disposition": "non_content", "non_content_code": "test"}
        await self._must("POST", f"contacts/{contact_id}/close", **words)

    async def _must(self, method: str, path: str, **body: object) -> None:
        status, document = await self.ask(method, path, **body)
        if status != 200:
            raise BenchFailed(f"{path.rpartition('/')[2]} was refused: {document.get('code')}")


class Room:
    """All desks, the contacts they hold, and the visitors who take the places of those closed."""

    def __init__(self, site: Site, http: aiohttp.ClientSession, group: asyncio.TaskGroup) -> None:
        """Bring visitors in through the public port, each from an address of their own."""
        self.group = group
        self.offers: list[NextOffer] = []
        self.holding: asyncio.Queue[tuple[Desk, UUID]] = asyncio.Queue()
        self._site = site
        self._http = http
        self._visitors = count()

    def offered(self, desk: Desk, at: float, on: datetime) -> None:
        """Note an offer on a live socket; a listener's first one follows no close."""
        if desk.closed is not None:
            self.offers.append(NextOffer(*desk.closed, at, on))
            desk.closed = None

    def taken(self, desk: Desk, contact_id: UUID) -> None:
        """Note that a desk holds a contact."""
        self.holding.put_nowait((desk, contact_id))

    async def visit(self) -> None:
        """Open one conversation."""
        number = next(self._visitors)
        headers = {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
        url = f"{self._site.ports.public_url}/chat/conversations"
        async with self._http.post(url, json={}, headers=headers) as answer:
            if answer.status != 201:
                raise BenchFailed(f"a conversation was answered {answer.status}")

    async def replace_longest_held(self) -> None:
        """Let the contact held longest go, and a new visitor in."""
        try:
            async with asyncio.timeout(OFFER_SECONDS):
                desk, contact_id = await self.holding.get()
        except TimeoutError:
            raise BenchFailed(f"no desk was offered anything in {OFFER_SECONDS:.0f} s") from None
        await asyncio.gather(desk.let_go(contact_id), self.visit())


@asynccontextmanager
async def room_of(site: Site, waiting: int) -> AsyncIterator[Room]:
    """Seat every listener of the site, with `waiting` visitors beyond those they hold."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=32),
                timeout=aiohttp.ClientTimeout(total=OFFER_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        )
        desks = [
            await stack.enter_async_context(
                listener(site, login, ready=False, telephone=None, kind=Desk)
            )
            for login in site.credentials
        ]
        try:
            async with asyncio.TaskGroup() as group:
                room = Room(site, http, group)
                for desk in desks:
                    assert isinstance(desk, Desk)
                    desk.room = room
                    await desk.declare("ready")
                for _ in range(waiting + len(desks)):
                    await room.visit()
                yield room
                await asyncio.gather(*(desk.declare("offline") for desk in desks))
        except BaseExceptionGroup as several:
            # One is enough: the others failed for the same reason.
            raise several.exceptions[0] from None
