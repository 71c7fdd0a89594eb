"""Where the acts are done: a running service behind a proxy, a listener's and a coordinator's desk."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import aiohttp

from tests.bench.acts.watch import Watch
from tests.kit.chat_client import ChatClient
from tests.kit.counting_proxy import counting_proxy
from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import Document, Listener, listener
from tests.kit.site import Site, lasting_port, site
from tests.kit.until import until

LISTENER, COORDINATOR = "ines", "colette"
# Few connections: each of them has prepared every statement after one round of acts. One is the
# reconciler's for good.
POOL = {"DATABASE_POOL_SIZE": "4"}


class Desk(Listener):
    """The listener's desk; an offer is seen when the course of acts says so, not by itself."""

    async def _heard(self, socket: aiohttp.ClientWebSocketResponse, frame: Document) -> None:
        if frame["type"] == "offer":
            self.frames.append(frame)
            self.offer = frame
        else:
            await super()._heard(socket, frame)

    async def see(self, offer: Document) -> None:
        """Say that the offer is on the screen; unsaid, it goes back after two seconds."""
        await self.did("POST", f"offers/{offer['offer_id']}/seen")

    async def until_shown(self, contact: Document) -> None:
        """Wait for a frame with the contact as it was answered, or later."""
        key, version = contact["contact_id"], contact["version"]

        def is_shown() -> bool:
            shown = [frame["contact"] for frame in self.of("contact")]
            return any(each["contact_id"] == key and each["version"] >= version for each in shown)

        await until(is_shown, saying="the contact's frame")

    async def until_told(self, contact_id: str, seq: int) -> None:
        """Wait for the frame of a line."""
        await until(
            lambda: any(
                frame["contact_id"] == contact_id and frame["message"]["seq"] == seq
                for frame in self.of("message")
            ),
            saying="the line's frame",
        )


@dataclass
class Supervisor(Listener):
    """The coordinator's desk: the supervision page, whose socket only watches."""

    watches: bool = True


@dataclass
class Stage:
    """The service with everybody at their desks, and the watch over what passes."""

    site: Site
    watch: Watch
    desk: Desk
    http: aiohttp.ClientSession

    async def open_chat(self) -> "Child":
        """Open a conversation over HTTP; nobody has joined it yet."""
        url = self.site.ports.public_url
        async with self.http.post(f"{url}/chat/conversations", json={}) as answer:
            assert answer.status == 201, answer.status
            opened = await answer.json()
        return Child(
            self.http,
            url,
            opened["socket_url"],
            UUID(opened["conversation_id"]),
            opened["token"],
            # As the visitor's page, and its patience.
            ping_seconds=10.0,
            dead_seconds=30.0,
            ack_seconds=10.0,
        )


class Child(ChatClient):
    """A visitor of the chat."""

    @asynccontextmanager
    async def joined(self) -> AsyncIterator[None]:
        """Stay in the conversation until left."""
        running = asyncio.ensure_future(self.run())
        try:
            await until(lambda: self.is_live, saying="the visitor's socket")
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def say(self, text: str) -> int:
        """Send a line; return its number once it is ticked, and shown as its author's page shows it."""
        cid = self.write(text)
        await until(lambda: cid in self.ticked, saying="the line is ticked")
        return await self.until_read(cid)

    async def until_read(self, cid: str) -> int:
        """Wait until a line stands in the conversation; return its number."""

        def number() -> int:
            return next((int(line["seq"]) for line in self.lines if line.get("cid") == cid), 0)

        return await until(number, saying="the line is shown")

    async def leave(self) -> None:
        """Leave for good, as the page's button does."""
        async with self.http.post(self._url("leave"), json={}, headers=self._bearer()) as answer:
            assert answer.status == 204, answer.status


@asynccontextmanager
async def stage(
    folder: Path,
    database: DatabaseAddresses,
    redis_url: str,
    processes: Sequence[Sequence[str]] = ((),),
) -> AsyncIterator[Stage]:
    """Serve over these engines until left; each process has the roles given, every one if none."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        centre = await enter(site(folder, database, redis_url, LISTENER, COORDINATOR, tempo=40.0))
        await centre.run(f"UPDATE staff SET role = 'coordinator' WHERE login = '{COORDINATOR}'")
        proxy = await enter(counting_proxy(database.runtime))
        stillness = folder / "stillness"
        settings = {"DATABASE_URL": proxy.url, **POOL}
        for roles in processes:
            ports = replace(centre.ports, metrics=lasting_port())
            await enter(
                centre.serving(*roles, ports=ports, still_while=stillness, settings=settings)
            )
        desk = await enter(listener(centre, LISTENER, kind=Desk, ready=False))
        assert isinstance(desk, Desk)
        await enter(listener(centre, COORDINATOR, ready=False, telephone=None, kind=Supervisor))
        http = await enter(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)))
        yield Stage(centre, Watch(proxy.passages, stillness), desk, http)
