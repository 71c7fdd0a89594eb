"""Who gets through which route: every route, every role, no credential, foreign pages."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from config.errors import Misconfigured
from config.vocabulary import Role
from contactcenter.api.endpoints import Endpoint
from contactcenter.api.routes import ENDPOINTS
from contactcenter.auth.access import PUBLIC, SIGNED_IN, Credential, add_route, add_static
from contactcenter.auth.cookies import BrowserRules
from contactcenter.web.application import staff_application
from contactcenter.web.security_headers import ContentPolicy
from tests.kit.staff_api import BASE_URL, ORIGIN, staff_api
from tests.kit.staff_people import MemoryAccounts

WORKS_ON_CONTACTS = {Role.LISTENER, Role.COORDINATOR}
READS_CONTACTS = {*WORKS_ON_CONTACTS, Role.SUPERVISOR}
SUPERVISES = {Role.COORDINATOR, Role.SUPERVISOR}
# A supervisor serves what she took because it was stuck, and nothing else.
TAKES_CONTACTS = READS_CONTACTS
# The table of rights, said again by hand: a change of the policy must be meant.
WHO = {
    "session.create": set(Role),
    "session.delete": set(Role),
    "openapi": set(Role),
    "live": READS_CONTACTS,
    "me.read": set(Role),
    "me.presence": TAKES_CONTACTS,
    "me.live_ticket": READS_CONTACTS,
    "me.softphone_token": TAKES_CONTACTS,
    "me.losses_seen": TAKES_CONTACTS,
    "offers.seen": TAKES_CONTACTS,
    "offers.accept": TAKES_CONTACTS,
    "offers.decline": TAKES_CONTACTS,
    "contacts.list": READS_CONTACTS,
    "contacts.read": READS_CONTACTS,
    "contacts.messages": READS_CONTACTS,
    "contacts.send": TAKES_CONTACTS,
    "contacts.form": TAKES_CONTACTS,
    "contacts.urgency": READS_CONTACTS,
    "contacts.factors": TAKES_CONTACTS,
    "contacts.hand_over": TAKES_CONTACTS,
    "contacts.extend_wrap_up": TAKES_CONTACTS,
    "contacts.end": TAKES_CONTACTS,
    "contacts.close": TAKES_CONTACTS,
    "supervision.read": SUPERVISES,
    "supervision.assign": SUPERVISES,
    "supervision.move": SUPERVISES,
    "supervision.take": SUPERVISES,
    "supervision.close": SUPERVISES,
    "supervision.force": SUPERVISES,
    "supervision.override": SUPERVISES,
    "supervision.lift": SUPERVISES,
    "follow_ups.list": READS_CONTACTS,
    "follow_ups.claim": WORKS_ON_CONTACTS,
    "follow_ups.release": WORKS_ON_CONTACTS,
    "follow_ups.number": WORKS_ON_CONTACTS,
    "follow_ups.done": WORKS_ON_CONTACTS,
    "follow_ups.drop": WORKS_ON_CONTACTS,
    "colleagues.list": TAKES_CONTACTS,
    "helpline.read": READS_CONTACTS,
    "forms.read": READS_CONTACTS,
    "cases.list": {*READS_CONTACTS, Role.DATA_OFFICER},
    "cases.create": WORKS_ON_CONTACTS,
    "cases.read": {*READS_CONTACTS, Role.DATA_OFFICER},
    "cases.attach": WORKS_ON_CONTACTS,
}
by_name = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


def path_of(endpoint: Endpoint) -> str:
    path = endpoint.path.lstrip("/")
    for name in ("contact_id", "offer_id", "case_id", "listener_id", "follow_up_id"):
        path = path.replace(f"{{{name}}}", str(uuid4()))
    path = path.replace("{queue}", "mineur")
    return path.replace("{form_id}", "fiche").replace("{form_version}", "1")


def test_the_table_of_rights_names_every_route() -> None:
    assert {endpoint.name for endpoint in ENDPOINTS} == set(WHO)


@by_name
async def test_a_route_refuses_whoever_brings_nothing(endpoint: Endpoint) -> None:
    async with staff_api() as api:
        answer = await api.ask(endpoint.method, path_of(endpoint))
        if endpoint.access.credential is Credential.SESSION:
            assert answer.status == 401
            assert (await answer.json())["code"] == "not_signed_in"
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        else:
            assert answer.status != 401 or (await answer.json())["code"] != "not_signed_in"


@by_name
async def test_a_route_refuses_a_session_that_never_was(endpoint: Endpoint) -> None:
    async with staff_api() as api:
        answer = await api.ask(
            endpoint.method, path_of(endpoint), headers={"Authorization": "Bearer forged"}
        )
        if endpoint.access.credential is Credential.SESSION:
            assert answer.status == 401


@pytest.mark.parametrize("role", Role)
async def test_each_role_passes_exactly_the_routes_its_rights_open(role: Role) -> None:
    async with staff_api() as api:
        let_through = set()
        for endpoint in ENDPOINTS:
            principal, headers = api.signed_in(role)
            path = path_of(endpoint)
            if endpoint.access.credential is Credential.TICKET:
                ticket = (await api.services.accounts.live_ticket(principal)).ticket
                path += f"?ticket={ticket}"
                headers |= {
                    "Connection": "upgrade",
                    "Upgrade": "websocket",
                    "Sec-WebSocket-Version": "13",
                    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
                }
                url = api.server.make_url(f"/api/v1/{path}")
                async with api.client.get(url, headers=headers) as answer:
                    status = answer.status
            else:
                status = (await api.ask(endpoint.method, path, headers=headers)).status
            if status != 403:
                let_through.add(endpoint.name)
        assert let_through == {name for name, roles in WHO.items() if role in roles}


async def test_somebody_of_no_line_passes_no_route_that_needs_a_right() -> None:
    async with staff_api() as api:
        principal, headers = api.signed_in(Role.COORDINATOR)
        for token, one in api.services.accounts.sessions.items():
            assert one == principal
            api.services.accounts.sessions[token] = replace(one, line_ids=frozenset())
        assert (await api.ask("GET", "contacts", headers=headers)).status == 403


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
