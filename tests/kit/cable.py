"""Bad networks: a cable for bytes, and a postman who loses, doubles or delays single frames."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import websockets
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

UP, DOWN = "up", "down"  # from the client to the server, and back


@dataclass
class Cable:
    """A TCP proxy. What it swallows is lost without either end being told."""

    port: int = 0
    swallows: set[str] = field(default_factory=set)
    delay_seconds: float = 0.0
    refuses: bool = False
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def joined(self) -> int:
        """How many connections pass through it now."""
        return len(self._writers) // 2

    def cut(self) -> None:
        """Break every connection; new ones pass."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int
    ) -> None:
        """Join one client to the server behind."""
        if self.refuses:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        self._writers |= {writer, far_writer}
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, far_writer, UP))
                both.create_task(self._pump(far_reader, writer, DOWN))
        finally:
            for end in (writer, far_writer):
                self._writers.discard(end)
                end.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(65536):
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                if way not in self.swallows:
                    writer.write(chunk)
                    await writer.drain()
        if way not in self.swallows:
            writer.transport.abort()


@contextlib.asynccontextmanager
async def cable_to(port: Callable[[], int]) -> AsyncIterator[Cable]:
    """Lay a cable to whatever listens at `port()` when a client comes."""
    cable = Cable()
    tasks: set[asyncio.Task[None]] = set()

    async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await cable.carry(reader, writer, port())
        except OSError:
            writer.transport.abort()
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(joined, "127.0.0.1", 0)
    cable.port = server.sockets[0].getsockname()[1]
    try:
        yield cable
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


# What becomes of one frame: how many times it arrives, each after so many seconds.
Delivery = list[float]
Postman = Callable[[str, str], Delivery]


@contextlib.asynccontextmanager
async def postman_to(target_url: str, postman: Postman) -> AsyncIterator[str]:
    """Carry frames to `target_url` as `postman(way, text)` says; yields the address to use."""

    async def carry(near: ServerConnection) -> None:
        async with connect(target_url, ping_interval=None, compression=None) as far:
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(_deliver(near, far, UP, postman))
                    both.create_task(_deliver(far, near, DOWN, postman))
            except* websockets.ConnectionClosed:
                pass

    async with serve(carry, "127.0.0.1", 0, ping_interval=None, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/chat/socket"


async def _deliver(source: object, target: object, way: str, postman: Postman) -> None:
    async for text in source:  # type: ignore[attr-defined]
        for seconds in postman(way, str(text)):
            if seconds:
                await asyncio.sleep(seconds)
            await target.send(text)  # type: ignore[attr-defined]
    await target.close()  # type: ignore[attr-defined]
    raise websockets.ConnectionClosedOK(None, None)
