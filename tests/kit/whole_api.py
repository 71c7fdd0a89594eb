"""The staff port of the whole centre: the API over the real services, asked by anybody."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, WSServerHandshakeError
from aiohttp.test_utils import TestServer

from contactcenter.api.routes import add_api_routes
from contactcenter.auth.cookies import BrowserRules
from contactcenter.web.application import staff_application
from contactcenter.web.security_headers import ContentPolicy
from records.actor import Principal
from tests.kit.whole_centre import WholeCentre

BASE_URL = "http://127.0.0.1:8090"


@dataclass(frozen=True)
class Answer:
    """What came back, read to its end; `code` is a problem's, empty for none."""

    status: int
    headers: Mapping[str, str]
    document: Any
    text: str

    @property
    def code(self) -> str:
        """The problem's code."""
        if self.status < 400 or not isinstance(self.document, dict):
            return ""
        return str(self.document.get("code", ""))


@dataclass
class WholeApi:
    """A running API and the centre behind it; its client keeps no cookies."""

    whole: WholeCentre
    server: TestServer
    client: ClientSession

    def token(self, principal: Principal) -> str:
        """Return what proves a session that was opened here."""
        return self.whole.tokens[principal.session_id]

    async def ask(
        self,
        method: str,
        path: str,
        token: str = "",
        *,
        body: Any = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request to a path under /api/v1."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = self.server.make_url(f"/api/v1{path}")
        async with self.client.request(
            method, url, headers=headers, json=body, params=query
        ) as answer:
            text = await answer.text()
            document = await answer.json(content_type=None) if text else None
            return Answer(answer.status, dict(answer.headers), document, text)

    async def open_live(self, ticket: str) -> Answer:
        """Open a live socket and close it again; 101 when it opened."""
        url = self.server.make_url("/api/v1/live")
        try:
            async with self.client.ws_connect(url, params={"ticket": ticket}):
                return Answer(101, {}, None, "")
        except WSServerHandshakeError as refused:
            return Answer(refused.status, dict(refused.headers or {}), None, "")


@asynccontextmanager
async def whole_api(whole: WholeCentre) -> AsyncIterator[WholeApi]:
    """Serve the API of a centre until the block ends."""
    browser = BrowserRules.of(BASE_URL)
    app = staff_application(whole.centre.accounts, browser, ContentPolicy())
    add_api_routes(app, whole.centre.staff, browser, whole.engines.helpline)
    async with TestServer(app) as server, ClientSession(cookie_jar=DummyCookieJar()) as client:
        yield WholeApi(whole, server, client)
