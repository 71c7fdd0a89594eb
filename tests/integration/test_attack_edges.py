"""Hostile bodies, forms and addresses at the edges: answered, bounded, never believed."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer, make_mocked_request

from chat.bodies import read_at_most
from config.errors import Misconfigured
from contactcenter.servers import refuse_shared_hosts, served
from contactcenter.web.clients import PROXY_HOPS, client_address
from contactcenter.web.forms import posted_form
from contactcenter.web.problems import problems
from tests.kit.chat_site import chat_site
from tests.kit.staff_api import staff_api

URL_ENCODED = "application/x-www-form-urlencoded"
MOST_BYTES = 4096


@asynccontextmanager
async def form_server() -> AsyncIterator[TestServer]:
    async def echo(request: web.Request) -> web.Response:
        return web.json_response(await posted_form(request, MOST_BYTES))

    async def patient(request: web.Request) -> web.Response:
        return web.Response(body=await read_at_most(request, MOST_BYTES, seconds=0.1))

    app = web.Application(middlewares=[problems()])
    app.router.add_post("/form", echo)
    app.router.add_post("/body", patient)
    async with TestServer(app) as server:
        yield server


async def test_a_form_is_read_in_its_one_encoding() -> None:
    async with form_server() as server, ClientSession() as client:
        url = server.make_url("/form")
        async with client.post(url, data={"login": "inès", "empty": ""}) as answer:
            assert await answer.json() == {"login": "inès", "empty": ""}
        headers = {"Content-Type": f"{URL_ENCODED}; charset=UTF-8"}
        async with client.post(url, data="From=%2B336", headers=headers) as answer:
            assert await answer.json() == {"From": "+336"}


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        (f"{URL_ENCODED}; charset=unicode_escape", b"login=\\ud800", 415),
        (f"{URL_ENCODED}; charset=nosuch", b"login=a", 415),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense", 415),
        ("multipart/form-data", b"--x\r\n", 415),
        ("application/json", b"{}", 415),
        (URL_ENCODED, b"login=\xff\xfe", 400),
        (URL_ENCODED, b"AccountSid=one&AccountSid=two", 400),
        (URL_ENCODED, b"&".join(b"a%d=1" % number for number in range(300)), 400),
        (URL_ENCODED, b"login=" + b"a" * MOST_BYTES, 413),
    ],
)
async def test_what_no_browser_or_carrier_posts_is_refused_and_is_no_failure_of_ours(
    content_type: str, body: bytes, status: int
) -> None:
    async with form_server() as server, ClientSession() as client:
        headers = {"Content-Type": content_type}
        async with client.post(server.make_url("/form"), data=body, headers=headers) as answer:
            assert answer.status == status


async def test_a_body_that_is_not_encoded_as_it_says_is_refused() -> None:
    async with form_server() as server, ClientSession() as client:
        headers = {"Content-Type": URL_ENCODED, "Content-Encoding": "deflate"}
        async with client.post(
            server.make_url("/form"), data=b"not deflated", headers=headers
        ) as answer:
            assert answer.status == 400


async def test_a_body_let_in_drop_by_drop_is_given_up() -> None:
    async with form_server() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        async with asyncio.timeout(5):
            assert (await reader.readline()).startswith(b"HTTP/1.1 400")
        writer.close()


@pytest.mark.parametrize(
    ("hops", "forwarded", "address"),
    [
        (0, "9.9.9.9", "192.0.2.1"),  # nobody in front: the header is the client's own words
        (1, "9.9.9.9", "9.9.9.9"),
        (1, "1.1.1.1, 9.9.9.9", "9.9.9.9"),  # the left one was sent by the client
        (2, "1.1.1.1, 9.9.9.9, 10.0.0.1", "9.9.9.9"),
        (1, "", "192.0.2.1"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),  # a household changes within it at will
    ],
)
def test_sign_in_attempts_count_by_the_address_our_own_proxy_names(
    hops: int, forwarded: str, address: str
) -> None:
    app = web.Application()
    app[PROXY_HOPS] = hops
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = make_mocked_request("POST", "/signin", headers=headers, app=app)
    assert client_address(request.clone(remote="192.0.2.1")) == address


async def test_signing_out_ends_the_sessions_live_sockets_at_once() -> None:
    async with staff_api() as api:
        somebody, headers = api.signed_in()
        colleague, _ = api.signed_in()
        hers, theirs = await api.live(somebody), await api.live(colleague)
        assert (await api.ask("DELETE", "session", headers=headers)).status == 204
        async with asyncio.timeout(5):
            async for _ in hers:
                pass
        assert hers.close_code == 4401
        assert not theirs.closed


async def test_a_malformed_handshake_is_not_quoted_back() -> None:
    async with chat_site() as site:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.gateway.port)
        writer.write(
            b"GET /chat/socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: Ysoline-Quenneville\r\n\r\n"
        )
        async with asyncio.timeout(5):
            answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 400")
        assert b"Ysoline" not in answer


async def test_a_connection_that_asks_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contactcenter.web.connections.IDLE_SECONDS", 0.2)
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    async with served(web.Application(), listening):
        for head in (b"", b"GET / HT"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head)
            async with asyncio.timeout(5):
                assert await reader.read() == b""
            writer.close()


@pytest.mark.parametrize("staff", ["https://119.example", "https://119.example:8443"])
def test_staff_and_visitors_do_not_share_a_host_name_in_production(staff: str) -> None:
    with pytest.raises(Misconfigured, match="STAFF_BASE_URL"):
        refuse_shared_hosts("https://119.example", "wss://chat.119.example/chat/socket", staff)
    refuse_shared_hosts("https://119.example", "wss://chat.119.example", "https://desk.119.example")
    refuse_shared_hosts("http://127.0.0.1:1", "ws://127.0.0.1:2", "http://127.0.0.1:3")
