"""The chat as visitors meet it: the real page and gateway over a Centre in memory."""

import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from chat.gateway import SOCKET_PATH, Gateway, chat_gateway
from chat.http import add_chat_routes
from chat.limits import GatewayLimits, HttpLimits, SessionLimits
from chat.widget.page import PageTerms
from config.clock import ManualClock
from config.text import Catalog
from tests.kit.chat_centre import START, MemoryCentre

# The same rules as in production, at a pace that a test can wait for. Nobody is given up as
# silent because the machine is busy: a test of that sets its own limit.
QUICK = SessionLimits(
    hello_seconds=2.0,
    probe_seconds=0.2,
    silent_seconds=30.0,
    recheck_seconds=0.2,
    blind_recheck_seconds=0.05,
    retry_seconds=0.05,
    alive_seconds=0.05,
    typing_seconds=0.05,
)


@dataclass
class ChatSite:
    """Where it is served, and what stands behind it."""

    centre: MemoryCentre
    gateway: Gateway
    public_url: str
    socket_url: str


@contextlib.asynccontextmanager
async def chat_site(
    *,
    centre: MemoryCentre | None = None,
    session_limits: SessionLimits = QUICK,
    gateway_limits: GatewayLimits | None = None,
    http_limits: HttpLimits | None = None,
    socket_url: str | None = None,
    gateway_port: int = 0,
    terms: PageTerms | None = None,
    now: datetime = START,
    drain_seconds: float = 0.05,
) -> AsyncIterator[ChatSite]:
    """Serve until left. `socket_url` replaces the gateway's own, to go through a cable."""
    centre = centre or MemoryCentre()
    listening = socket.create_server(("127.0.0.1", 0))
    public_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    async with chat_gateway(
        centre,
        host="127.0.0.1",
        port=gateway_port,
        allowed_origins={public_url},
        limits=gateway_limits or GatewayLimits(closing_seconds=0.3),
        session_limits=session_limits,
        drain_seconds=drain_seconds,
    ) as gateway:
        direct_url = f"ws://127.0.0.1:{gateway.port}{SOCKET_PATH}"
        app = web.Application()
        add_chat_routes(
            app,
            centre,
            page_origins={public_url},
            socket_url=socket_url or direct_url,
            clock=ManualClock(now),
            catalog=Catalog.load(),
            terms=terms,
            limits=http_limits,
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.SockSite(runner, listening).start()
            yield ChatSite(centre, gateway, public_url, direct_url)
        finally:
            await runner.cleanup()
            listening.close()
