"""HTTP that no route ever sees: answered as ours, quoted by nobody, an error of nobody's."""

import asyncio
import json
import re
import socket
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from contactcenter.servers import served
from contactcenter.web.problems import problems
from tests.integration.test_attack_service import URL_ENCODED
from tests.kit.engines import DatabaseAddresses
from tests.kit.raw_http import RawAnswer, head, raw
from tests.kit.site import Site, site

PLANTED = "Ysoline-Quenneville"
VOICE = ("X-Twilio-Signature: A", f"Content-Type: {URL_ENCODED}", "Content-Length: 1")
SOCKET = ("Upgrade: websocket", "Sec-WebSocket-Version: 13")
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="

UNREADABLE = (
    f"{PLANTED}\r\n\r\n".encode(),
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc" + PLANTED.encode() + b"\r\n\r\n",
    head("/", f"{PLANTED} no colon"),
    head("/", f"X: {PLANTED}\x00"),
    head("/", f"X: {PLANTED}\r\n folded"),
    head("/", f"X: {PLANTED}" + "x" * 20_000),
    head("/" + PLANTED + "x" * 20_000),
    head("/", f"Content-Length: {PLANTED}"),
    head("/", "Content-Length: 1", "Content-Length: 2", f"X: {PLANTED}"),
    head("/", "Transfer-Encoding: chunked", "Content-Length: 1", f"X: {PLANTED}"),
    head("/", f"X: {PLANTED}", version="HTTP/9.9"),
    head("/", f"X: {PLANTED}", method=PLANTED.replace("-", "\x7f")),
)
TARGETS = (
    "http://x/voice/incoming",
    "https://user:word@x:443/voice/incoming?first=1",
    "HTTP://X/voice/incoming",
    "http://x:99999999/voice/incoming",
    "http://[::1/voice/incoming",
    "http:///voice/incoming",
    "http:/voice/incoming",
    "ftp://x/voice/incoming",
    "x:443",
    "*",
    "//x/voice/incoming",
    "///voice/incoming",
    "/voice/incoming#there",
    "/voice/incoming?first=%zz",
    "/voice/incoming?first=%00&contact=%ff",
    "/voice/incoming?[",
    "/voice/incoming?\xe9\xff",
    "/voice/%69ncoming",
    "/voice\\incoming",
    "/voice/./incoming",
    "?",
    "voice/incoming",
)


async def test_what_no_route_sees_is_answered_as_ours_and_is_nobodys_error(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with site(tmp_path, database, redis_url) as centre, centre.serving():
        await _garbage_is_a_problem_on_every_port(centre)
        await _no_target_of_a_webhook_is_a_failure_of_ours(centre)
        await _two_origins_are_foreign(centre)
        await _a_refused_handshake_is_a_problem(centre)
        await _head_is_get_without_a_body(centre)
        logged = [json.loads(line) for line in centre.log.read_text().splitlines()]
        assert [line for line in logged if line["level"] in ("error", "critical")] == []
        assert PLANTED not in centre.log.read_text()


async def _garbage_is_a_problem_on_every_port(centre: Site) -> None:
    ports = centre.ports
    for request in UNREADABLE:
        for port in (ports.public, ports.staff, ports.metrics, ports.chat):
            answer = await raw(port, request)
            assert 400 <= answer.status < 500 or answer.status == 505, (port, request[:60], answer)
            _is_ours(answer)
    expecting = head("/healthz", f"Expect: {PLANTED}")
    _is_ours(await raw(ports.public, expecting))
    for encoding in ("br", "zstd", "deflate", PLANTED):
        body = (
            "Content-Type: application/json",
            "Content-Length: 3",
            f"Content-Encoding: {encoding}",
        )
        for path, port in (("/chat/conversations", ports.public), ("/api/v1/session", ports.staff)):
            answer = await raw(port, head(path, *body, method="POST") + b"abc")
            assert 400 <= answer.status < 500, (encoding, answer)
            _is_ours(answer)
    chunked = head("/healthz", "Transfer-Encoding: chunked") + f"{PLANTED}\r\n".encode()
    assert (await raw(ports.public, chunked)).status in (200, 400)
    assert await _counted(centre, "http_unreadable_total") >= 2 * len(UNREADABLE)
    assert await _counted(centre, "chat_handshakes_refused_total") >= len(UNREADABLE)


def _is_ours(answer: RawAnswer) -> None:
    assert answer.headers["content-type"].startswith("application/problem+json"), answer
    assert "server" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    document = json.loads(answer.body)
    assert document["status"] == answer.status
    assert document["type"] == f"urn:contactcenter:problem:{document['code']}"
    assert PLANTED.encode() not in answer.body


async def _no_target_of_a_webhook_is_a_failure_of_ours(centre: Site) -> None:
    for target in TARGETS:
        refused = await _counted(centre, "voice_webhooks_refused_total")
        answer = await raw(centre.ports.public, head(target, *VOICE, method="POST") + b"a")
        assert answer.status in (400, 403, 404), (target, answer)
        grown = await _counted(centre, "voice_webhooks_refused_total") - refused
        assert grown == (answer.status == 403), target
    absolute = await raw(centre.ports.public, head(TARGETS[0], *VOICE, method="POST") + b"a")
    assert absolute.status == 403
    for signature in ("é", "A\r\nX-Twilio-Signature: A"):
        odd = ("X-Twilio-Signature: " + signature, *VOICE[1:])
        answer = await raw(centre.ports.public, head("/voice/incoming", *odd, method="POST") + b"a")
        assert answer.status == 403


async def _two_origins_are_foreign(centre: Site) -> None:
    ports = centre.ports
    ours = {
        ports.public: ports.public_url,
        ports.staff: ports.staff_url,
        ports.chat: ports.public_url,
    }
    for port, path in (
        (ports.public, "/chat/state"),
        (ports.staff, "/signin"),
        (ports.staff, "/api/v1/live?ticket=x"),
        (ports.chat, "/chat/socket"),
    ):
        for origins in ((ours[port], "https://evil.example"), (ours[port], ours[port])):
            headers = [f"Origin: {origin}" for origin in origins]
            answer = await raw(port, head(path, *headers, *SOCKET, KEY))
            assert answer.status == 403, (path, answer)


async def _a_refused_handshake_is_a_problem(centre: Site) -> None:
    for path, headers, method, status, code in (
        ("/elsewhere", (*SOCKET, KEY), "GET", 404, "not_found"),
        ("/chat/socket", (), "GET", 426, "upgrade_required"),
        ("/chat/socket", (f"Upgrade: {PLANTED}", KEY), "GET", 426, "upgrade_required"),
        ("/chat/socket", (*SOCKET, KEY), "POST", 405, "method_not_allowed"),
        ("/chat/socket", (*SOCKET, f"Sec-WebSocket-Key: {PLANTED}"), "GET", 400, "bad_handshake"),
        ("/chat/socket", (*SOCKET, KEY, KEY), "GET", 400, "bad_handshake"),
        ("/chat/socket", (f"Origin: https://{PLANTED}",), "GET", 403, "foreign_origin"),
    ):
        request = head(path, *headers, method=method).replace(
            b"Connection: close", b"Connection: Upgrade" if headers else b"Connection: close"
        )
        answer = await raw(centre.ports.chat, request)
        assert answer.status == status, (path, headers, answer)
        assert json.loads(answer.body)["code"] == code
        _is_ours(answer)


async def _head_is_get_without_a_body(centre: Site) -> None:
    public, staff, metrics = centre.ports.public, centre.ports.staff, centre.ports.metrics
    for port, path in (
        (public, "/healthz"),
        (public, "/readyz"),
        (public, "/chat/"),
        (public, "/chat/?lang=en"),
        (public, "/chat/state"),
        (public, "/chat/openings"),
        (public, "/chat/static/app.js"),
        (public, "/chat/static/widget.css"),
        (public, "/chat/conversations/x/messages"),
        (public, "/nowhere"),
        (staff, "/signin"),
        (staff, "/"),
        (staff, "/cases"),
        (staff, "/static/desk/desk.js"),
        (staff, "/api/v1/openapi.json"),
        (staff, "/api/v1/me"),
        (staff, "/api/v1/live?ticket=x"),
        (metrics, "/metrics"),
        (metrics, "/healthz"),
    ):
        got, headed = await raw(port, head(path)), await raw(port, head(path, method="HEAD"))
        assert headed.status == got.status, (path, got, headed)
        assert headed.body == b""
        assert headed.headers["content-type"] == got.headers["content-type"]
        if "content-length" in got.headers and path != "/metrics":
            assert int(headed.headers["content-length"]) == len(got.body), path


async def _counted(centre: Site, name: str) -> int:
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"{centre.ports.metrics_url}/metrics") as answer,
    ):
        told = await answer.text()
    return sum(int(float(value)) for value in re.findall(rf"(?m)^{name}(?:{{.*}})? (\S+)$", told))


async def test_a_half_request_does_not_live_as_long_as_an_idle_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("contactcenter.web.connections.HEAD_SECONDS", 0.3)
    monkeypatch.setattr("contactcenter.web.connections.IDLE_SECONDS", 60)

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="here")

    app = web.Application(middlewares=[problems()])
    app.router.add_get("/", answer)
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    whole = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    async with served(app, listening):
        kept = await asyncio.open_connection("127.0.0.1", port)
        kept[1].write(whole)
        assert (await kept[0].readline()).startswith(b"HTTP/1.1 200")
        halves = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        for (_, writer), beginning in zip(
            halves, (b"", b"GET / HTTP/1.1\r\nX: ", whole + b"GE"), strict=True
        ):
            writer.write(beginning)
        trickled = halves[1]
        async with asyncio.timeout(5):
            cut = asyncio.ensure_future(trickled[0].read())
            while not cut.done():  # a byte now and then wins no time
                trickled[1].write(b"T")
                await asyncio.wait({cut}, timeout=0.05)
            assert await cut == b""
            assert await halves[0][0].read() == b""
        # What asks nothing more, after a whole request, is kept for the next one.
        kept[1].write(whole)
        async with asyncio.timeout(5):
            await kept[0].readuntil(b"here")
            assert (await kept[0].readline()).startswith(b"HTTP/1.1 200")
        for _, writer in (kept, *halves):
            writer.close()
