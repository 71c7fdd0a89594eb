"""The emulator's composition root: one port for pages, sockets, REST and the admin endpoint."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from aiohttp import web

from config.clock import Clock, SystemClock
from config.text import Catalog
from contactcenter.telephony.emulator.calls.exchange import Exchange
from contactcenter.telephony.emulator.calls.tasks import Tasks
from contactcenter.telephony.emulator.config import EmulatorConfig
from contactcenter.telephony.emulator.hooks.faults import Faults
from contactcenter.telephony.emulator.hooks.webhooks import webhooks
from contactcenter.telephony.emulator.pages import Pages
from contactcenter.telephony.emulator.rest.calls import RestCalls
from contactcenter.telephony.emulator.rest.conferences import RestConferences
from contactcenter.telephony.emulator.rest.interface import Rest
from contactcenter.telephony.emulator.sockets.phone import PhoneSocket
from contactcenter.telephony.emulator.sockets.softphone import SoftphoneSocket

log = structlog.get_logger()

MAX_BODY_BYTES = 65_536
SHUTDOWN_SECONDS = 1.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator: its address and, for tests in the same process, its exchange."""

    url: str
    port: int
    exchange: Exchange


@asynccontextmanager
async def emulator_server(
    config: EmulatorConfig, clock: Clock | None = None
) -> AsyncIterator[Emulator]:
    """Serve until the block ends; calls then end with it, as they live in memory only."""
    faults, tasks = Faults(), Tasks()
    catalog = Catalog.load()
    async with webhooks(config.auth_token.get_secret_value(), faults) as hooks:
        exchange = Exchange(config, clock or SystemClock(), tasks, hooks, faults)
        runner = web.AppRunner(
            _application(exchange, catalog),
            access_log=None,  # addresses may hold a number
            shutdown_timeout=SHUTDOWN_SECONDS,
        )
        await runner.setup()
        try:
            site = web.TCPSite(runner, config.host, config.port)
            await site.start()
            port = int(runner.addresses[0][1])
            exchange.fallback_url = _fallback_url(config, port)
            url = config.public_url or f"http://{config.host}:{port}"
            log.info("emulator_ready", port=port)
            yield Emulator(url.rstrip("/"), port, exchange)
        finally:
            await tasks.close()
            await runner.cleanup()
            await tasks.close()


def _application(exchange: Exchange, catalog: Catalog) -> web.Application:
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_no_store])
    rest = Rest(exchange)
    app.add_routes(
        [
            *Pages(exchange, catalog).routes(),
            web.get("/phone", PhoneSocket(exchange).handle),
            web.get("/softphone", SoftphoneSocket(exchange).handle),
            *RestCalls(exchange).routes(rest),
            *RestConferences(exchange).routes(rest),
        ]
    )
    return app


@web.middleware
async def _no_store(request: web.Request, handler: Handler) -> web.StreamResponse:
    response = await handler(request)
    if not response.prepared:
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response


def _fallback_url(config: EmulatorConfig, port: int) -> str:
    if config.voice_fallback_url or config.voice_fallback_file is None:
        return config.voice_fallback_url
    return f"http://{config.host}:{port}/fallback.xml"
