"""The staff port with the API over services in memory, on a loopback port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from aiohttp import ClientResponse, ClientSession, ClientWebSocketResponse, DummyCookieJar, web
from aiohttp.test_utils import TestServer

from config.helpline.helpline import Helpline
from config.helpline.load import load_helpline
from config.settings import PACKAGED_HELPLINES
from config.vocabulary import Role
from contactcenter.api.live.registry import LiveSockets
from contactcenter.api.live.socket import LiveLimits
from contactcenter.api.routes import add_api_routes
from contactcenter.auth.cookies import BrowserRules
from contactcenter.web.application import staff_application
from contactcenter.web.security_headers import ContentPolicy
from records.actor import Principal
from tests.kit.staff_people import somebody
from tests.kit.staff_services import MemoryServices

BASE_URL = "http://127.0.0.1:8090"
ORIGIN = BASE_URL


@cache
def dlpm() -> Helpline:
    """Return the first helpline's rules; read once, they never change."""
    return load_helpline(PACKAGED_HELPLINES / "dlpm")


@dataclass
class StaffApi:
    """A running API, a plain client that keeps no cookies, and what lies behind it."""

    app: web.Application
    server: TestServer
    client: ClientSession
    services: MemoryServices
    sockets: LiveSockets

    def signed_in(self, role: Role = Role.LISTENER) -> tuple[Principal, dict[str, str]]:
        """Return a person with a session, and the header that proves it."""
        principal = somebody(role)
        token = self.services.accounts.token_of(principal)
        return principal, {"Authorization": f"Bearer {token}"}

    async def ask(self, method: str, path: str, **options: Any) -> ClientResponse:
        """Send a request to a path under /api/v1 and read the whole answer."""
        url = self.server.make_url(f"/api/v1/{path}")
        async with self.client.request(method, url, **options) as response:
            await response.read()
            return response

    async def live(self, principal: Principal, **options: Any) -> ClientWebSocketResponse:
        """Open the person's live socket."""
        ticket = (await self.services.accounts.live_ticket(principal)).ticket
        url = self.server.make_url("/api/v1/live")
        return await self.client.ws_connect(url, params={"ticket": ticket}, **options)


@asynccontextmanager
async def staff_api(
    *, base_url: str = BASE_URL, limits: LiveLimits | None = None
) -> AsyncIterator[StaffApi]:
    """Serve the API until the block ends."""
    services = MemoryServices()
    browser = BrowserRules.of(base_url)
    app = staff_application(services.accounts, browser, ContentPolicy())
    sockets = add_api_routes(app, services.bundle(), browser, dlpm(), limits=limits)
    async with TestServer(app) as server, ClientSession(cookie_jar=DummyCookieJar()) as client:
        yield StaffApi(app, server, client, services, sockets)
