"""What is let in at all: foreign pages, cookies, routes that name no access. See test_api_matrix."""

from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from config.errors import Misconfigured
from contactcenter.auth.access import PUBLIC, SIGNED_IN, add_route, add_static
from contactcenter.auth.cookies import BrowserRules
from contactcenter.web.application import staff_application
from contactcenter.web.security_headers import ContentPolicy
from tests.kit.staff_api import BASE_URL, ORIGIN, staff_api
from tests.kit.staff_people import MemoryAccounts


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": ORIGIN}, 200),
        ({"Origin": "http://localhost:8090"}, 200),
    ],
)
async def test_a_cookie_acts_only_for_our_own_pages(headers: dict[str, str], status: int) -> None:
    async with staff_api() as api:
        principal, _ = api.signed_in()
        cookie = {"cc_session": api.services.accounts.token_of(principal)}
        answer = await api.ask(
            "PUT", "me/presence", json={"state": "ready"}, headers=headers, cookies=cookie
        )
        assert answer.status == status
        if status == 403:
            assert (await answer.json())["code"] == "foreign_origin"
            assert not api.services.presence.states
        else:
            assert (await api.ask("GET", "me", cookies=cookie)).status == 200


async def test_a_foreign_page_cannot_sign_anybody_in() -> None:
    async with staff_api() as api:
        api.services.accounts.person("camille")
        answer = await api.ask(
            "POST",
            "session",
            json={"login": "camille", "password": "x", "totp": "1"},
            headers={"Origin": "https://evil.example"},
        )
        assert answer.status == 403
        assert not api.services.accounts.addresses


async def test_a_bearer_token_needs_no_origin_but_refuses_a_foreign_one() -> None:
    async with staff_api() as api:
        _, headers = api.signed_in()
        state = {"state": "ready"}
        assert (await api.ask("PUT", "me/presence", json=state, headers=headers)).status == 200
        headers["Origin"] = "https://evil.example"
        assert (await api.ask("PUT", "me/presence", json=state, headers=headers)).status == 403


async def test_a_foreign_page_cannot_open_the_live_socket() -> None:
    async with staff_api() as api:
        principal, _ = api.signed_in()
        ticket = (await api.services.accounts.live_ticket(principal)).ticket
        answer = await api.ask(
            "GET", f"live?ticket={ticket}", headers={"Origin": "https://evil.example"}
        )
        assert answer.status == 403
        assert ticket in api.services.accounts.tickets


async def _nothing(_request: web.Request) -> web.StreamResponse:
    return web.Response()


def _application() -> web.Application:
    return staff_application(MemoryAccounts(), BrowserRules.of(BASE_URL), ContentPolicy())


async def test_the_start_fails_when_a_route_does_not_name_its_access() -> None:
    app = _application()
    add_route(app, "GET", "/known", _nothing, access=SIGNED_IN, name="known")
    app.router.add_get("/forgotten", _nothing)
    server = TestServer(app)
    with pytest.raises(Misconfigured) as refusal:
        await server.start_server()
    assert {"/forgotten" in mistake for mistake in refusal.value.mistakes} == {True}
    await server.close()


async def test_a_route_without_access_is_refused_even_if_it_answers() -> None:
    app = _application()
    app.on_startup.clear()
    app.router.add_get("/forgotten", _nothing)
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/forgotten")
        assert answer.status == 403
        assert (await answer.json())["code"] == "route_without_access"


async def test_static_files_have_a_declared_access_too(tmp_path: Path) -> None:
    (tmp_path / "desk.js").write_text("export {}", encoding="utf-8")
    app = _application()
    add_static(app, "/static", tmp_path, access=PUBLIC, name="static")
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/static/desk.js")
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-cache"
        assert (await client.get("/static/%2e%2e/secret")).status in {403, 404}
