"""The ports: who listens where, and how each is told to stop."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from chat.http import add_chat_routes
from chat.limits import HttpLimits, Rate
from chat.widget.page import PageTerms
from config.clock import Clock
from config.errors import Misconfigured
from config.helpline.helpline import Helpline
from config.text import Catalog
from contactcenter.health import Readiness, health_routes
from contactcenter.web import connections
from contactcenter.web.connections import PortRunner
from contactcenter.web.lobby import LobbySite
from contactcenter.web.problems import ERROR_PAGE, Problem, problem_response, problems
from contactcenter.web.request_ids import request_log
from contactcenter.wiring import Centre

# The longest body the public port takes: a chat line with its JSON, or a webhook's form.
PUBLIC_BODY_BYTES = 64 * 1024
STOPPING_SECONDS = 5.0
LINES_AT_ONCE = 12
# Connections that the kernel keeps for us until their turn.
BACKLOG = 1024


def listening_socket(host: str, port: int, setting: str) -> socket.socket:
    """Return a bound socket; raises Misconfigured naming the setting whose port is taken."""
    try:
        return socket.create_server((host, port), backlog=BACKLOG)
    except OSError as error:
        mistake = f"environment: {setting}: cannot listen on {host}:{port} ({error.strerror})"
    raise Misconfigured([mistake])


@asynccontextmanager
async def served(
    app: web.Application, listening: socket.socket, *, forwarded_hops: int = 0
) -> AsyncIterator[None]:
    """Serve `app` on a socket; leaving lets requests finish for five seconds."""
    runner = PortRunner(app, forwarded_hops=forwarded_hops, shutdown_timeout=STOPPING_SECONDS)
    await runner.setup()
    try:
        await LobbySite(runner, listening, connections.head_seconds()).start()
        yield
    finally:
        await runner.cleanup()


def public_application(
    centre: Centre,
    readiness: Readiness,
    clock: Clock,
    catalog: Catalog,
    helpline: Helpline,
    *,
    page_origins: frozenset[str],
    socket_url: str,
    proxy_hops: int = 0,
) -> web.Application:
    """Return the public port's application: voice webhooks, chat pages and API, health."""
    app = web.Application(
        middlewares=[request_log(), problems()], client_max_size=PUBLIC_BODY_BYTES
    )
    app.on_response_prepare.append(_plain_headers)
    app.add_routes(health_routes(readiness))
    if centre.voice is not None:
        centre.voice.webhooks.add_to(app)
    lost = add_chat_routes(
        app,
        centre.conversations,
        page_origins=page_origins,
        socket_url=socket_url,
        clock=clock,
        catalog=catalog,
        terms=PageTerms(
            exit_url=helpline.page.exit_url,
            escape_leaves=helpline.page.escape_leaves,
            notices=helpline.notices,
        ),
        limits=HttpLimits(
            openings_per_address=_opening_rate(helpline),
            sends_per_conversation=line_rate(helpline),
            line_characters=helpline.limits.message_max_chars,
        ),
        forwarded_hops=proxy_hops,
    )

    async def shown(request: web.Request, problem: Problem) -> web.StreamResponse:
        return lost(request, problem.status) or problem_response(problem)

    app[ERROR_PAGE] = shown
    return app


def line_rate(helpline: Helpline) -> Rate:
    """Return how fast one visitor may write: a short burst, then the helpline's rate."""
    return Rate(burst=LINES_AT_ONCE, per_second=helpline.limits.messages_per_minute / 60)


def _opening_rate(helpline: Helpline) -> Rate:
    each_hour = helpline.limits.openings_per_address_per_hour
    most = HttpLimits().openings_per_address.burst
    return Rate(burst=min(most, each_hour), per_second=each_hour / 3600)


async def _plain_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Complete every answer of the public port; what a handler set itself stays."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    # Which server and version answers is of use to an attacker only.
    response.headers.popall("Server", None)


def metrics_application(readiness: Readiness) -> web.Application:
    """Return the private port's application; labels are codes, never anything personal."""

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application(middlewares=[request_log(), problems()])
    app.on_response_prepare.append(_plain_headers)
    app.add_routes(health_routes(readiness))
    app.router.add_get("/metrics", metrics, name="metrics")
    return app


def refuse_shared_hosts(public_url: str, chat_url: str, staff_url: str) -> None:
    """Raise Misconfigured when visitors and staff share a host name in production (https).

    A browser sends a host's cookies to every port of it: the staff's session
    would travel with each page of a child's, and a page there would be of the
    same site as the desk.
    """
    staff = urlsplit(staff_url)
    others = {urlsplit(public_url).hostname, urlsplit(chat_url).hostname}
    if staff.scheme == "https" and staff.hostname in others:
        raise Misconfigured(["environment: STAFF_BASE_URL: needs a host name that no other has"])
