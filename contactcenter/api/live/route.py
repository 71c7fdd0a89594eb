"""GET live: a ticket is spent, the socket opens."""

from collections.abc import Callable

from aiohttp import web

from config.errors import Refused
from contactcenter.api.endpoints import Endpoint, read_query, services_of
from contactcenter.api.live.outbox import Outbox
from contactcenter.api.live.registry import LiveSockets
from contactcenter.api.live.socket import LiveLimits, LiveSocket
from contactcenter.api.schemas import LiveQuery
from contactcenter.auth.access import BY_TICKET
from contactcenter.auth.gates import access_any_line
from records.policy import Right

LIVE_SOCKETS = web.AppKey("live_sockets", LiveSockets)
LIVE_LIMITS = web.AppKey("live_limits", LiveLimits)


async def _live(request: web.Request) -> web.StreamResponse:
    """Open the socket; every refusal is a plain HTTP answer, before the upgrade."""
    query = read_query(request, LiveQuery)
    limits, sockets, services = (
        request.app[LIVE_LIMITS],
        request.app[LIVE_SOCKETS],
        services_of(request),
    )
    # Our own tasks answer pings and watch pongs: a pong is what renews the lease.
    socket = web.WebSocketResponse(
        autoping=False, compress=False, max_msg_size=limits.max_frame_bytes
    )
    if request.method != "GET" or not socket.can_prepare(request).ok:
        raise Refused(code="upgrade_required")
    principal = await services.accounts.redeem(query.ticket)
    access_any_line(principal, Right.QUEUES_READ)
    sockets.check_room(principal.session_id)
    outbox = Outbox(limits.outbox_frames)
    sockets.add(outbox, principal.session_id)
    try:
        await socket.prepare(request)
        await LiveSocket(
            socket, outbox, principal, services, limits, _abort(request), watches=query.watch
        ).run()
    finally:
        sockets.remove(outbox)
    return socket


def _abort(request: web.Request) -> Callable[[], None]:
    def cut() -> None:
        if request.transport is not None:
            request.transport.abort()

    return cut


ENDPOINTS = (
    Endpoint(
        "GET",
        "/live",
        "live",
        "Open the live socket with a ticket",
        BY_TICKET,
        _live,
        status=101,
        query=LiveQuery,
        problems=("ticket_refused", "too_many_sockets", "upgrade_required", "draining"),
    ),
)
