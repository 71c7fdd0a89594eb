"""The least that could be done in the service's place, each as a process of its own.

    python -m tests.bench.floors intake|echo    (its parameters as JSON on standard input)

`intake`: a bare aiohttp handler that reads the form and commits one INSERT.
`echo`: a bare `websockets` server that sends each frame back. Each prints its
port, then serves until its standard input is closed.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import asyncpg
from aiohttp import web
from websockets.asyncio.server import ServerConnection, serve

CONNECTIONS = 16  # as many as the service has (DATABASE_POOL_SIZE)
TABLE = "CREATE TABLE IF NOT EXISTS bench_floor (call_sid text PRIMARY KEY, caller text NOT NULL)"
INSERT = "INSERT INTO bench_floor (call_sid, caller) VALUES ($1, $2)"


@asynccontextmanager
async def intake(parameters: dict[str, Any]) -> AsyncIterator[int]:
    """Serve the intake's floor on the database given by its owner's address."""
    async with asyncpg.create_pool(
        parameters["database_url"], min_size=CONNECTIONS, max_size=CONNECTIONS, command_timeout=5
    ) as pool:
        await pool.execute(TABLE)

        async def incoming(request: web.Request) -> web.Response:
            form = await request.post()
            await pool.execute(INSERT, form["CallSid"], form["From"])
            return web.Response(text="<Response/>", content_type="text/xml")

        app = web.Application()
        app.router.add_post("/voice/incoming", incoming)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield runner.addresses[0][1]
        finally:
            await runner.cleanup()


@asynccontextmanager
async def echo(_parameters: dict[str, Any]) -> AsyncIterator[int]:
    """Serve the gateway's floor: the same library with the gateway's own options."""

    async def back(socket: ServerConnection) -> None:
        async for frame in socket:
            await socket.send(frame)

    async with serve(back, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        yield next(iter(server.sockets)).getsockname()[1]


FLOORS: dict[str, Callable[[dict[str, Any]], AbstractAsyncContextManager[int]]] = {
    "intake": intake,
    "echo": echo,
}


async def _serve(name: str) -> None:
    loop = asyncio.get_running_loop()
    parameters = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
    async with FLOORS[name](parameters) as port:
        print(port, flush=True)
        await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
