"""The staff port's application: the order of its layers, before any route is added."""

from aiohttp import web

from contactcenter.auth.access import ACCESS, Authenticator, guard, refuse_undeclared
from contactcenter.auth.cookies import BrowserRules
from contactcenter.web.problems import problems
from contactcenter.web.request_ids import request_log
from contactcenter.web.security_headers import ContentPolicy, security_headers

# The largest body any staff route takes: a long write-up. Routes set lower limits.
MAX_BODY_BYTES = 256 * 1024


def staff_application(
    authenticator: Authenticator, browser: BrowserRules, policy: ContentPolicy
) -> web.Application:
    """Return the application that the API and the desk add their routes to.

    From outside in: log, errors, access. Headers are completed on every
    answer, sockets and errors included. It does not start while a route has
    no declared access. Run it with `access_log=None`: aiohttp's own log line
    has the path and the query.
    """
    app = web.Application(
        middlewares=[request_log(), problems(), guard(authenticator, browser)],
        client_max_size=MAX_BODY_BYTES,
    )
    app[ACCESS] = {}
    app.on_response_prepare.append(security_headers(policy, https=browser.secure))
    app.on_startup.append(refuse_undeclared)
    return app
