"""The real HTTP routes over a Centre in memory: opening, the fallback, refusals as problems."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from chat.limits import HttpLimits, Rate
from config.vocabulary import Audience, ContactState, EndedBy
from tests.kit.chat_site import ChatSite, chat_site
from tests.kit.until import until


@pytest.fixture
async def site() -> AsyncIterator[ChatSite]:
    async with chat_site() as running:
        yield running


@pytest.fixture
async def http(site: ChatSite) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(site.public_url) as session:
        yield session


async def opened(http: aiohttp.ClientSession, **body: object) -> dict[str, Any]:
    async with http.post("/chat/conversations", json=body) as answer:
        assert answer.status == 201, await answer.text()
        document: dict[str, Any] = await answer.json()
        return document


def at(conversation: dict[str, Any], tail: str) -> str:
    return f"/chat/conversations/{conversation['conversation_id']}/{tail}"


def bearer(conversation: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {conversation['token']}"}


async def problem_of(answer: aiohttp.ClientResponse) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json"
    document = await answer.json()
    assert document["status"] == answer.status
    assert {"type", "title", "detail"} <= document.keys()
    return answer.status, document["code"]


async def test_opening_needs_nothing_and_gives_what_the_socket_needs(
    site: ChatSite, http: aiohttp.ClientSession
) -> None:
    async with http.post("/chat/conversations") as answer:
        assert answer.status == 201
        document = await answer.json()
    assert document["socket_url"] == site.socket_url
    (talk,) = site.centre.talks.values()
    assert talk.opening.audience is Audience.UNKNOWN
    assert talk.opening.department is None


async def test_what_was_said_at_opening_is_taken_in(
    site: ChatSite, http: aiohttp.ClientSession
) -> None:
    await opened(http, audience="relative", department="2A", language="en")
    (talk,) = site.centre.talks.values()
    assert (talk.opening.audience, talk.opening.department, talk.opening.language) == (
        Audience.RELATIVE,
        "2A",
        "en",
    )


async def test_lines_go_and_come_without_any_socket(
    site: ChatSite, http: aiohttp.ClientSession
) -> None:
    conversation = await opened(http)
    cid = str(uuid4())
    for _ in range(2):  # the second is a retry whose first answer was lost
        async with http.post(
            at(conversation, "messages"),
            json={"cid": cid, "text": "bonjour"},
            headers=bearer(conversation),
        ) as answer:
            assert answer.status == 201
            stored = await answer.json()
            assert (stored["cid"], stored["seq"]) == (cid, 1)
    (contact_id,) = site.centre.talks
    site.centre.listener_says(contact_id, "je suis là")
    async with http.get(
        at(conversation, "messages?after=0"), headers=bearer(conversation)
    ) as answer:
        document = await answer.json()
    assert [(m["seq"], m["from"], m["text"]) for m in document["messages"]] == [
        (1, "visitor", "bonjour"),
        (2, "listener", "je suis là"),
    ]
    assert (document["head_seq"], document["state"], document["position"]) == (2, "waiting", 1)
    assert site.centre.talks[contact_id].signs > 0  # polling is being there
    async with http.get(
        at(conversation, "messages?after=1"), headers=bearer(conversation)
    ) as answer:
        assert [m["seq"] for m in (await answer.json())["messages"]] == [2]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "invalid_json"),
        (b"[]", "application/json", 400, "invalid_json"),
        (b"[" * 9000, "application/json", 400, "invalid_json"),
        (b"\xff\xfe\xfa", "application/json", 400, "invalid_json"),
        (b"{}", "text/plain", 415, "unsupported_media_type"),
        (b'{"audience": "king"}', "application/json", 422, "bad_field"),
        (b'{"department": "99"}', "application/json", 422, "invalid_input"),
        (b'{"department": 75}', "application/json", 422, "bad_field"),
        (b'{"language": "<b>"}', "application/json", 422, "bad_field"),
        (b'{"x": "' + b"a" * 17_000 + b'"}', "application/json", 413, "body_too_large"),
    ],
)
async def test_a_wrong_opening_is_named_and_nobody_is_taken_in(
    site: ChatSite,
    http: aiohttp.ClientSession,
    body: bytes,
    content_type: str,
    status: int,
    code: str,
) -> None:
    headers = {"Content-Type": content_type}
    async with http.post("/chat/conversations", data=body, headers=headers) as answer:
        assert await problem_of(answer) == (status, code)
    assert site.centre.talks == {}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "bad_field"),
        ({"cid": "1", "text": "x"}, "bad_field"),
        ({"cid": str(uuid4())}, "bad_field"),
        ({"cid": str(uuid4()), "text": " "}, "bad_field"),
        ({"cid": str(uuid4()), "text": "a" * 2001}, "text_too_long"),
    ],
)
async def test_a_wrong_line_is_named(
    http: aiohttp.ClientSession, body: dict[str, str], code: str
) -> None:
    conversation = await opened(http)
    async with http.post(
        at(conversation, "messages"), json=body, headers=bearer(conversation)
    ) as answer:
        assert await problem_of(answer) == (422, code)


@pytest.mark.parametrize("after", ["-1", "x", "1e3", "9007199254740992", "9" * 99])
async def test_a_wrong_cursor_is_named(http: aiohttp.ClientSession, after: str) -> None:
    conversation = await opened(http)
    async with http.get(
        at(conversation, f"messages?after={after}"), headers=bearer(conversation)
    ) as answer:
        assert await problem_of(answer) == (422, "bad_field")


async def test_a_token_opens_its_own_conversation_only(http: aiohttp.ClientSession) -> None:
    mine, theirs = await opened(http), await opened(http)
    for headers in (
        {},
        bearer(mine),
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer é"},
        {"Authorization": "Basic eDp5"},
    ):
        for method, tail in (("GET", "messages"), ("POST", "messages"), ("POST", "leave")):
            async with http.request(method, at(theirs, tail), headers=headers) as answer:
                assert await problem_of(answer) == (401, "not_signed_in")
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_an_id_that_is_none_is_not_found(http: aiohttp.ClientSession) -> None:
    async with http.get("/chat/conversations/7/messages") as answer:
        assert await problem_of(answer) == (404, "not_found")
    async with http.get("/chat/static/..%2fpage.html") as answer:
        assert answer.status == 404


async def test_the_same_cid_with_another_text_and_a_closed_conversation_are_conflicts(
    site: ChatSite, http: aiohttp.ClientSession
) -> None:
    conversation = await opened(http)
    url, headers = at(conversation, "messages"), bearer(conversation)
    line = {"cid": str(uuid4()), "text": "un"}
    async with http.post(url, json=line, headers=headers) as answer:
        assert answer.status == 201
    async with http.post(url, json={**line, "text": "deux"}, headers=headers) as answer:
        assert await problem_of(answer) == (409, "cid_reused")
    (contact_id,) = site.centre.talks
    site.centre.end(contact_id)
    async with http.post(url, json={"cid": str(uuid4()), "text": "x"}, headers=headers) as answer:
        assert await problem_of(answer) == (409, "conversation_closed")
    async with http.post(url, json=line, headers=headers) as answer:
        assert answer.status == 201  # a repeated question has its old answer


async def test_leaving_acts_at_once_and_twice_is_once(
    site: ChatSite, http: aiohttp.ClientSession
) -> None:
    conversation = await opened(http)
    url, headers = at(conversation, "leave"), bearer(conversation)
    for body in ({"quick": True}, {"quick": False}, {}):
        async with http.post(url, json=body, headers=headers) as answer:
            assert answer.status == 204
    async with http.post(url, headers=headers) as answer:
        assert answer.status == 204
    (talk,) = site.centre.talks.values()
    assert (talk.state, talk.ended_by, talk.left_quickly) == (
        ContactState.CLOSED,
        EndedBy.CORRESPONDENT,
        True,
    )


async def test_when_the_centre_is_down_the_answer_has_the_emergency_numbers(
    site: ChatSite, http: aiohttp.ClientSession
) -> None:
    site.centre.fault.down = True
    async with http.post("/chat/conversations", json={}) as answer:
        assert await problem_of(answer) == (503, "database_unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
        document = await answer.json()
    assert {"17", "112", "114"} <= {each["number"] for each in document["emergency"]}
    async with http.get("/chat/") as answer:
        assert answer.status == 200  # the page, with its numbers, asks no engine
        assert "112" in await answer.text()


async def test_a_fault_of_ours_is_a_problem_too_and_says_nothing_of_itself(
    site: ChatSite, http: aiohttp.ClientSession
) -> None:
    conversation = await opened(http)
    (contact_id,) = site.centre.talks
    del site.centre.talks[contact_id].lines
    async with http.get(at(conversation, "messages"), headers=bearer(conversation)) as answer:
        assert await problem_of(answer) == (500, "internal_error")
        assert "lines" not in await answer.text()
        assert (await answer.json())["emergency"]


async def test_a_centre_too_slow_is_unavailable() -> None:
    limits = HttpLimits(centre_seconds=0.1)
    async with (
        chat_site(http_limits=limits) as site,
        aiohttp.ClientSession(site.public_url) as http,
    ):
        site.centre.fault.hold = asyncio.Event()
        async with http.post("/chat/conversations", json={}) as answer:
            assert await problem_of(answer) == (503, "centre_too_slow")


async def test_a_closed_chat_takes_nobody_in_and_says_when_it_reopens() -> None:
    async with chat_site() as site, aiohttp.ClientSession(site.public_url) as http:
        site.centre.is_open = False
        site.centre.reopens_at = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
        async with http.post("/chat/conversations", json={}) as answer:
            assert await problem_of(answer) == (409, "chat_closed")
        async with http.get("/chat/openings?language=fr") as answer:
            document = await answer.json()
        assert (document["open"], document["reopens"]) == (False, "demain à 9\u00a0h")
        assert document["reopens_at"] == "2026-03-03T08:00:00.000Z"


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_a_foreign_page_is_refused_everywhere(
    site: ChatSite, http: aiohttp.ClientSession, origin: str
) -> None:
    headers = {"Origin": origin}
    for method in ("POST", "OPTIONS"):
        async with http.request(method, "/chat/conversations", headers=headers) as answer:
            assert await problem_of(answer) == (403, "foreign_origin")
            assert "Access-Control-Allow-Origin" not in answer.headers
    assert site.centre.talks == {}


async def test_our_own_page_is_allowed_by_name(site: ChatSite, http: aiohttp.ClientSession) -> None:
    async with http.options("/chat/conversations", headers={"Origin": site.public_url}) as answer:
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == site.public_url
        assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_openings_from_one_address_are_bounded() -> None:
    limits = HttpLimits(openings_per_address=Rate(burst=2, per_second=0.01))
    async with (
        chat_site(http_limits=limits) as site,
        aiohttp.ClientSession(site.public_url) as http,
    ):
        for _ in range(2):
            await opened(http)
        async with http.post("/chat/conversations", json={}) as answer:
            assert await problem_of(answer) == (429, "too_much")
            assert int(answer.headers["Retry-After"]) > 1
        assert len(site.centre.talks) == 2


async def test_lines_of_one_conversation_are_bounded_and_others_go_on() -> None:
    limits = HttpLimits(sends_per_conversation=Rate(burst=1, per_second=0.01))
    async with (
        chat_site(http_limits=limits) as site,
        aiohttp.ClientSession(site.public_url) as http,
    ):
        one, two = await opened(http), await opened(http)
        statuses = []
        for conversation in (one, one, two):
            async with http.post(
                at(conversation, "messages"),
                json={"cid": str(uuid4()), "text": "x"},
                headers=bearer(conversation),
            ) as answer:
                statuses.append(answer.status)
        assert statuses == [201, 429, 201]


async def test_no_address_token_or_word_reaches_the_log(
    site: ChatSite, http: aiohttp.ClientSession, capfd: pytest.CaptureFixture[str]
) -> None:
    conversation = await opened(http)
    for text in ("mon secret", "x" * 3000):
        async with http.post(
            at(conversation, "messages"),
            json={"cid": str(uuid4()), "text": text},
            headers=bearer(conversation),
        ):
            pass
    async with aiohttp.ClientSession() as other, other.ws_connect(site.socket_url) as socket:
        hello = {"type": "hello", "token": conversation["token"], "last_seq": 0}
        await socket.send_str(json.dumps(hello))
        await socket.send_str('{"type": "send", "text": "mon secret"')
        await until(lambda: site.gateway.open_sockets == 0)
    shown = "".join(capfd.readouterr())
    for secret in ("mon secret", conversation["token"], "127.0.0.1"):
        assert secret not in shown
