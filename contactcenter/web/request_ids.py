"""Each request has an id of our own making, and one line in the log."""

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from config.clock import monotonic
from config.ids import new_id

log = structlog.get_logger()

REQUEST_ID = web.RequestKey("request_id", str)
HEADER = "X-Request-Id"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def request_log() -> Middleware:
    """Return the outermost middleware: it names the request and logs how it went.

    The line has the route's name and never the path, the query, an address or
    a body. An id that came from outside is not taken over: it could carry
    anything into our log.
    """

    @web.middleware
    async def logged(request: web.Request, handler: Handler) -> web.StreamResponse:
        request_id = str(new_id())
        request[REQUEST_ID] = request_id
        started = monotonic()
        status = 499  # the asker left before the answer
        try:
            response = await handler(request)
        except web.HTTPException as answer:  # a redirect; errors were answered further in
            status = answer.status
            answer.headers[HEADER] = request_id
            raise
        else:
            status = response.status
            if not response.prepared:
                response.headers[HEADER] = request_id
            return response
        finally:
            log.info(
                "http_request",
                request_id=request_id,
                method=request.method if request.method in _METHODS else "other",
                route=request.match_info.route.name or "unnamed",
                status=status,
                duration_ms=round((monotonic() - started) * 1000, 1),
            )

    return logged


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
