"""Listeners who take whatever is offered, by two service processes at once, and pass it on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from tests.kit.listener import Document, Listener, listener
from tests.kit.site import Ports, Site
from tests.kit.until import until

# She keeps a chat for a moment, so that she comes to hold as many as she may.
HOLD_SECONDS = 0.15
REFUSALS = frozenset({"contact_gone", "contact_taken", "offer_expired", "over_capacity"})


class Desk(Listener):
    """One of her live sockets; each offer is handed on once."""

    async def _heard(self, socket: aiohttp.ClientWebSocketResponse, frame: Document) -> None:
        await super()._heard(socket, frame)
        if frame["type"] == "offer":
            self.racer.offered(frame)  # type: ignore[attr-defined]


@dataclass
class Racer:
    """One person at two desks: every offer is accepted at both in the same instant."""

    desks: list[Listener]
    group: asyncio.TaskGroup
    taken: list[str] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    _offers: set[str] = field(default_factory=set)

    def offered(self, offer: Document) -> None:
        """Take an offer up, the first time it is heard of."""
        if offer["offer_id"] not in self._offers:
            self._offers.add(offer["offer_id"])
            self.group.create_task(self._serve(offer))

    async def _serve(self, offer: Document) -> None:
        answers = await asyncio.gather(
            *(desk.ask("POST", f"offers/{offer['offer_id']}/accept") for desk in self.desks)
        )
        for status, document in answers:
            assert status == 200 or document["code"] in REFUSALS, (status, document)
        if not any(status == 200 for status, _ in answers):
            return
        contact_id = offer["contact_id"]
        self.taken.append(contact_id)
        self.held.add(contact_id)
        if offer["channel"] == "call":
            await until(lambda: self._talks(contact_id), 20, every=0.1, saying="they talk")
        await asyncio.sleep(HOLD_SECONDS)
        self.held.discard(contact_id)
        await self.desks[len(self.taken) % 2].finish(contact_id)

    async def _talks(self, contact_id: str) -> bool:
        contact = await self.desks[0].did("GET", f"contacts/{contact_id}")
        return bool(contact["engagement"]["state"] == "talking")


@asynccontextmanager
async def racer(
    site: Site, login: str, other: Ports, group: asyncio.TaskGroup
) -> AsyncIterator[Racer]:
    """Sign in at the first process, sit at both desks, and be ready."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(listener(site, login, ready=False, kind=Desk))
        second = Desk(first.http, other.staff_url, first.headers, first.staff_id)
        both = Racer([first, second], group)
        first.racer = second.racer = both  # type: ignore[attr-defined]
        living = asyncio.ensure_future(second.live())
        try:
            await until(lambda: second.is_live)
            await first.declare("ready")
            yield both
        finally:
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
