"""Every route of the API, and how they are added to the staff port."""

from aiohttp import web

from config.helpline.helpline import Helpline
from contactcenter.api import (
    case_routes,
    colleague_routes,
    contact_routes,
    follow_up_routes,
    helpline_routes,
    offer_routes,
    session_routes,
    supervision_routes,
)
from contactcenter.api.document import DOCUMENT, openapi_document
from contactcenter.api.endpoints import BROWSER, SERVICES, Endpoint, add_endpoints
from contactcenter.api.helpline_routes import HELPLINE
from contactcenter.api.live import route as live_route
from contactcenter.api.live.registry import LiveSockets
from contactcenter.api.live.route import LIVE_LIMITS, LIVE_SOCKETS
from contactcenter.api.live.socket import LiveLimits
from contactcenter.api.services import StaffServices
from contactcenter.auth.access import PUBLIC
from contactcenter.auth.cookies import BrowserRules

# Sockets told to come back are spread over this, so that they do not all come at once.
DRAIN_WINDOW_MS = 4000


async def _document(request: web.Request) -> web.StreamResponse:
    return web.Response(body=request.app[DOCUMENT], content_type="application/json")


ENDPOINTS: tuple[Endpoint, ...] = (
    *session_routes.ENDPOINTS,
    *live_route.ENDPOINTS,
    *offer_routes.ENDPOINTS,
    *contact_routes.ENDPOINTS,
    *case_routes.ENDPOINTS,
    *colleague_routes.ENDPOINTS,
    *supervision_routes.ENDPOINTS,
    *follow_up_routes.ENDPOINTS,
    *helpline_routes.ENDPOINTS,
    Endpoint("GET", "/openapi.json", "openapi", "This description of the API", PUBLIC, _document),
)


def add_api_routes(
    app: web.Application,
    services: StaffServices,
    browser: BrowserRules,
    helpline: Helpline,
    *,
    limits: LiveLimits | None = None,
) -> LiveSockets:
    """Add /api/v1 to the staff port's application and return its live sockets.

    The sockets are drained when the application shuts down; call their
    `drain` earlier to give them time.
    """
    sockets = LiveSockets()
    app[SERVICES] = services
    app[BROWSER] = browser
    app[HELPLINE] = helpline
    app[LIVE_SOCKETS] = sockets
    app[LIVE_LIMITS] = limits or LiveLimits()
    app[DOCUMENT] = openapi_document(ENDPOINTS)
    add_endpoints(app, ENDPOINTS)

    async def drain(_app: web.Application) -> None:
        sockets.drain(DRAIN_WINDOW_MS)

    app.on_shutdown.append(drain)
    return sockets
