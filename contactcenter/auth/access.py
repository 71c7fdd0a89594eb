"""What each route asks of whoever comes: declared with the route, checked before its handler.

A route without a declaration stops the start, and would be refused if it ever
answered. The declaration names a right of records.policy; the route lets
through the roles that have it on some objects, and the gate of the object
decides on which.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Middleware

from config.errors import Misconfigured, NotAllowed, NotSignedIn
from contactcenter.auth.cookies import SAFE_METHODS, BrowserRules, refuse_two_origins
from contactcenter.auth.gates import access_any_line
from records.actor import Principal
from records.policy import Right

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Credential(StrEnum):
    """What a route asks to be shown."""

    NONE = "none"
    SESSION = "session"
    TICKET = "ticket"  # judged by the handler itself: single use, in the query


@dataclass(frozen=True)
class Access:
    """A credential, and the right that the person behind it must have."""

    credential: Credential
    right: Right | None = None


PUBLIC = Access(Credential.NONE)
SIGNED_IN = Access(Credential.SESSION)
BY_TICKET = Access(Credential.TICKET)


def needs(right: Right) -> Access:
    """Return the access of a route for those who have the right on some objects."""
    return Access(Credential.SESSION, right)


class Authenticator(Protocol):
    """Who a session token belongs to."""

    async def principal(self, token: str) -> Principal:
        """Return the person; NotSignedIn when the session is unknown, over or revoked."""
        ...


ACCESS = web.AppKey("access", dict[web.AbstractResource, dict[str, Access]])
PRINCIPAL = web.RequestKey("principal", Principal)


def principal_of(request: web.Request) -> Principal:
    """Return who asks, on a route that needs a session."""
    return request[PRINCIPAL]


def add_route(
    app: web.Application, method: str, path: str, handler: Handler, *, access: Access, name: str
) -> None:
    """Add a route with its access; `name` is what logs and metrics call it.

    What answers GET answers HEAD as well (RFC 9110, 9.1), and asks the same.
    """
    for each in ("GET", "HEAD") if method == "GET" else (method,):
        _declare(app, app.router.add_route(each, path, handler, name=name), access)


def add_static(
    app: web.Application, prefix: str, folder: Path, *, access: Access, name: str
) -> None:
    """Serve a folder's files under `prefix`, without following links out of it."""
    resource = app.router.add_static(prefix, folder, name=name, follow_symlinks=False)
    for route in resource:
        _declare(app, route, access)


def access_of(request: web.Request) -> Access | None:
    """Return what the matched route asks; None when nothing matched or nothing is declared."""
    route = request.match_info.route
    if route.resource is None:
        return None
    return request.app[ACCESS].get(route.resource, {}).get(route.method)


async def refuse_undeclared(app: web.Application) -> None:
    """Raise Misconfigured naming each route that does not say its access."""
    declared = app[ACCESS]
    missing = [
        f"route {route.method} {route.resource.canonical}: no access is declared"
        for route in app.router.routes()
        if route.resource is not None and route.method not in declared.get(route.resource, {})
    ]
    if missing:
        raise Misconfigured(missing)


def guard(authenticator: Authenticator, browser: BrowserRules) -> Middleware:
    """Return the middleware that lets nobody through but by the route's declaration."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.match_info.http_exception is not None:
            return await handler(request)  # no such route, or not by this method
        access = access_of(request)
        if access is None:
            raise NotAllowed(code="route_without_access")
        refuse_two_origins(request)
        token, by_cookie = _token(request, browser)
        if request.method not in SAFE_METHODS or access.credential is Credential.TICKET:
            browser.check_origin(request, by_cookie=by_cookie)
        if access.credential is Credential.SESSION:
            if token is None:
                raise NotSignedIn
            principal = await authenticator.principal(token)
            if access.right is not None:
                access_any_line(principal, access.right)
            request[PRINCIPAL] = principal
        return await handler(request)

    return guarded


def _token(request: web.Request, browser: BrowserRules) -> tuple[str | None, bool]:
    """Return the session token and whether the browser's cookie brought it.

    A Bearer token wins: whoever sends one has it in hand, and no page of
    another site can.
    """
    credentials = request.headers.getall("Authorization", [])
    scheme, _, value = credentials[0].partition(" ") if len(credentials) == 1 else ("", "", "")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip(), False
    token = browser.token(request)
    return token, token is not None


def _declare(app: web.Application, route: web.AbstractRoute, access: Access) -> None:
    resource = route.resource
    assert resource is not None, "a route added to the router has its resource"
    app[ACCESS].setdefault(resource, {})[route.method] = access
