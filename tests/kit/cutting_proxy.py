"""A TCP relay before PostgreSQL that cuts a connection at the worst moment."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit

from tests.kit.until import until


class Cut(Enum):
    """Where the connection breaks, around the statement watched for."""

    BEFORE = "before"  # the server never hears it
    AFTER = "after"  # the server did it; its answer is lost


@dataclass
class CuttingProxy:
    """Relays until told to cut; each order cuts one connection once."""

    url: str
    is_frozen: bool = False  # takes every byte, as a proxy's kernel does, and passes none on
    orders: list[tuple[bytes, Cut]] = field(default_factory=list)
    cuts: int = 0

    def cut(self, statement: bytes, where: Cut) -> None:
        """Cut the next connection that sends `statement`."""
        self.orders.append((statement, where))


@contextlib.asynccontextmanager
async def cutting_proxy(url: str) -> AsyncIterator[CuttingProxy]:
    """Listen on a free loopback port before the server of `url`."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    proxy = CuttingProxy("")
    writers: set[asyncio.StreamWriter] = set()

    async def relay(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection(parts.hostname, parts.port)
        writers.update((to_client, to_server))
        reading = asyncio.ensure_future(_pump(proxy, server, to_client))
        try:
            while data := await client.read(65536):
                if proxy.is_frozen:
                    continue
                order = next((each for each in proxy.orders if each[0] in data), None)
                if order is None:
                    to_server.write(data)
                    continue
                proxy.orders.remove(order)
                proxy.cuts += 1
                reading.cancel()
                if order[1] is Cut.AFTER:
                    to_server.write(data)
                    await server.read(1)  # it did it, and said so; nobody hears
                break
        except OSError:
            pass  # either side is gone: so is the other, below
        finally:
            reading.cancel()
            for writer in (to_client, to_server):
                writer.transport.abort()
                writers.discard(writer)

    listener = await asyncio.start_server(relay, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    where = parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{port}")
    proxy.url = where.geturl()
    try:
        yield proxy
    finally:
        listener.close()
        for writer in list(writers):
            writer.transport.abort()
        await until(lambda: not writers)


async def _pump(
    proxy: CuttingProxy, source: asyncio.StreamReader, sink: asyncio.StreamWriter
) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            if not proxy.is_frozen:
                sink.write(data)
    sink.transport.abort()
