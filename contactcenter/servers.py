"""The ports: who listens where, and how each is told to stop."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from chat.http import add_chat_routes
from config.clock import Clock
from config.errors import Misconfigured
from config.text import Catalog
from contactcenter.health import Readiness, health_routes
from contactcenter.web.problems import problems
from contactcenter.web.request_ids import request_log
from contactcenter.wiring import Centre

# The longest body the public port takes: a chat line with its JSON, or a webhook's form.
PUBLIC_BODY_BYTES = 64 * 1024
STOPPING_SECONDS = 5.0


def listening_socket(host: str, port: int, setting: str) -> socket.socket:
    """Return a bound socket; raises Misconfigured naming the setting whose port is taken."""
    try:
        return socket.create_server((host, port), backlog=1024)
    except OSError as error:
        mistake = f"environment: {setting}: cannot listen on {host}:{port} ({error.strerror})"
    raise Misconfigured([mistake])


@asynccontextmanager
async def served(app: web.Application, listening: socket.socket) -> AsyncIterator[None]:
    """Serve `app` on a socket; leaving lets requests finish for five seconds."""
    # aiohttp's own access log has paths and queries: ours has route names.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOPPING_SECONDS)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        yield
    finally:
        await runner.cleanup()


def public_application(
    centre: Centre,
    readiness: Readiness,
    clock: Clock,
    catalog: Catalog,
    *,
    page_origins: frozenset[str],
    socket_url: str,
) -> web.Application:
    """Return the public port's application: voice webhooks, chat pages and API, health."""
    app = web.Application(
        middlewares=[request_log(), problems()], client_max_size=PUBLIC_BODY_BYTES
    )
    app.add_routes(health_routes(readiness))
    if centre.voice is not None:
        centre.voice.webhooks.add_to(app)
    add_chat_routes(
        app,
        centre.conversations,
        page_origins=page_origins,
        socket_url=socket_url,
        clock=clock,
        catalog=catalog,
    )
    return app


def metrics_application(readiness: Readiness) -> web.Application:
    """Return the private port's application; labels are codes, never anything personal."""

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application(middlewares=[request_log()])
    app.add_routes(health_routes(readiness))
    app.router.add_get("/metrics", metrics, name="metrics")
    return app


def origins_of(url: str) -> frozenset[str]:
    """Return the origins of a page's address; the names of loopback are one place."""
    names = [url.rstrip("/")]
    if "//127.0.0.1" in url:
        names.append(url.rstrip("/").replace("127.0.0.1", "localhost"))
    return frozenset(names)
