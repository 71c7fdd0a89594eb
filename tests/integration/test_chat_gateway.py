"""The real gateway over a Centre in memory: frames, refusals by name, and who is not affected."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from chat import frames
from chat.centre import Opened, Opening
from chat.limits import GatewayLimits, Rate, SessionLimits
from config.vocabulary import ContactState, EndedBy
from tests.kit.chat_site import QUICK, ChatSite, chat_site
from tests.kit.until import until


@pytest.fixture
async def site() -> AsyncIterator[ChatSite]:
    async with chat_site() as running:
        yield running


@contextlib.asynccontextmanager
async def joined(
    site: ChatSite, opened: Opened | None = None, last_seq: int = 0
) -> AsyncIterator[tuple[ClientConnection, Opened]]:
    """A socket that said hello and got its answer."""
    opened = opened or await site.centre.open_conversation(Opening())
    async with connect(site.socket_url, ping_interval=None, close_timeout=1) as socket:
        await say(socket, type="hello", token=opened.token, last_seq=last_seq)
        assert (await hear(socket, "ready"))["type"] == "ready"
        yield socket, opened


async def say(socket: ClientConnection, **document: object) -> None:
    await socket.send(json.dumps(document))


async def hear(socket: ClientConnection, *kinds: str, **fields: object) -> dict[str, Any]:
    """The next frame of one of these kinds with these fields; others are passed over."""
    async with asyncio.timeout(5):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["type"] in kinds and fields.items() <= frame.items():
                return frame


async def ending(socket: ClientConnection) -> tuple[list[str], int]:
    """The named errors until the close, and its code."""
    errors: list[str] = []
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(5):
            while True:
                frame = json.loads(await socket.recv())
                if frame["type"] == "error":
                    errors.append(frame["code"])
    assert socket.close_code is not None
    return errors, socket.close_code


async def test_a_line_is_ticked_shown_and_stored(site: ChatSite) -> None:
    async with joined(site) as (socket, opened):
        cid = str(uuid4())
        await say(socket, type="send", cid=cid, text="bonjour")
        assert (await hear(socket, "ack"))["cid"] == cid
        message = await hear(socket, "message")
        assert (message["seq"], message["cid"], message["from"]) == (1, cid, "visitor")
        assert site.centre.texts(opened.conversation_id) == ["bonjour"]


async def test_a_listener_s_line_typing_and_state_arrive(site: ChatSite) -> None:
    async with joined(site) as (socket, opened):
        site.centre.wait_is(opened.conversation_id, 240)
        state = await hear(socket, "state", wait_seconds=240)
        assert state["position"] == 1
        site.centre.accept(opened.conversation_id)
        await hear(socket, "state", state="active", position=None)
        site.centre.listener_types(opened.conversation_id)
        await hear(socket, "typing")
        site.centre.listener_says(opened.conversation_id, "je suis là")
        assert (await hear(socket, "message"))["text"] == "je suis là"


async def test_coming_back_brings_what_was_missed_and_only_that(site: ChatSite) -> None:
    async with joined(site) as (_, opened):
        for n in range(5):
            site.centre.listener_says(opened.conversation_id, f"{n}")
    async with joined(site, opened, last_seq=3) as (socket, _):
        assert [(await hear(socket, "message"))["seq"] for _ in range(2)] == [4, 5]


async def test_a_long_history_arrives_whole_and_in_order(site: ChatSite) -> None:
    opened = await site.centre.open_conversation(Opening())
    for n in range(730):
        site.centre.listener_says(opened.conversation_id, f"{n}")
    async with joined(site, opened) as (socket, _):
        seqs = [(await hear(socket, "message"))["seq"] for _ in range(730)]
    assert seqs == list(range(1, 731))


async def test_without_any_wake_lines_still_arrive(site: ChatSite) -> None:
    site.centre.wakes = False
    async with joined(site) as (socket, opened):
        site.centre.listener_says(opened.conversation_id, "sans réveil")
        assert (await hear(socket, "message"))["text"] == "sans réveil"


async def test_when_the_subscription_fails_the_gateway_looks_by_itself(site: ChatSite) -> None:
    site.centre.fault.before["watch"] = 1000
    async with joined(site) as (socket, opened):
        site.centre.listener_says(opened.conversation_id, "à tâtons")
        assert (await hear(socket, "message"))["text"] == "à tâtons"


@pytest.mark.parametrize(
    ("raw", "named", "close_code"),
    [
        ("x" * 17_000, "frame_too_large", 1009),
        ("x" * 2_000_000, "frame_too_large", 1009),
        ("not json", "not_json", frames.CLOSE_BAD_FRAME),
        ("[]", "not_an_object", frames.CLOSE_BAD_FRAME),
        ('{"type": "shout"}', "unknown_type", frames.CLOSE_BAD_FRAME),
        ('{"type": "send"}', "bad_field", frames.CLOSE_BAD_FRAME),
        (b"\x01\x02", "not_text", frames.CLOSE_BAD_FRAME),
        ('{"type": "hello", "token": "again"}', "hello_twice", frames.CLOSE_BAD_FRAME),
    ],
)
async def test_a_wrong_frame_is_named_then_closed_and_others_go_on(
    site: ChatSite, raw: str | bytes, named: str, close_code: int
) -> None:
    async with joined(site) as (bad, opened), joined(site) as (good, other):
        await bad.send(raw)
        assert await ending(bad) == ([named], close_code)
        await say(good, type="ping")
        await hear(good, "pong")
        site.centre.listener_says(other.conversation_id, "toujours là")
        await hear(good, "message")
    async with joined(site, opened) as (again, _):  # and she may come back
        await say(again, type="ping")
        await hear(again, "pong")


async def test_a_wrong_token_is_named_then_closed(site: ChatSite) -> None:
    async with connect(site.socket_url) as socket:
        await say(socket, type="hello", token="wrong")
        assert await ending(socket) == (["not_signed_in"], frames.CLOSE_NOT_SIGNED_IN)
    assert site.centre.talks == {}


async def test_anything_before_hello_is_named_then_closed(site: ChatSite) -> None:
    async with connect(site.socket_url) as socket:
        await say(socket, type="ping")
        assert await ending(socket) == (["hello_first"], frames.CLOSE_BAD_FRAME)


async def test_who_says_nothing_is_closed(site: ChatSite) -> None:
    async with connect(site.socket_url) as socket:
        assert await ending(socket) == (["hello_first"], frames.CLOSE_SILENT)


async def test_a_flood_is_named_then_closed_and_others_go_on() -> None:
    limits = SessionLimits(frames=Rate(burst=20, per_second=1))
    async with (
        chat_site(session_limits=limits) as site,
        joined(site) as (bad, _),
        joined(site) as (good, _),
    ):
        with contextlib.suppress(ConnectionClosed):
            for _ in range(50):
                await say(bad, type="ping")
        assert await ending(bad) == (["flood"], frames.CLOSE_FLOOD)
        await say(good, type="ping")
        await hear(good, "pong")


async def test_a_fault_of_ours_ends_that_socket_only(site: ChatSite) -> None:
    async with joined(site) as (bad, opened), joined(site) as (good, _):
        del site.centre.talks[opened.conversation_id].lines  # an invariant nobody expects broken
        await say(bad, type="send", cid=str(uuid4()), text="x")
        errors, code = await ending(bad)
        assert (errors, code) == ([], 1011)
        await say(good, type="ping")
        await hear(good, "pong")


async def test_no_tick_without_the_store(site: ChatSite) -> None:
    async with joined(site) as (socket, opened):
        cid = str(uuid4())
        site.centre.fault.before["append"] = 1
        await say(socket, type="send", cid=cid, text="un")
        refused = await hear(socket, "error", "ack")
        assert (refused["code"], refused["cid"]) == ("database_unavailable", cid)
        assert refused["retry_after"] > 0
        assert site.centre.texts(opened.conversation_id) == []
        await say(socket, type="send", cid=cid, text="un")
        assert (await hear(socket, "ack"))["seq"] == 1


async def test_a_line_whose_answer_was_lost_is_stored_once(site: ChatSite) -> None:
    async with joined(site) as (socket, opened):
        cid = str(uuid4())
        site.centre.fault.after["append"] = 1
        await say(socket, type="send", cid=cid, text="un")
        await hear(socket, "error", cid=cid)
        await say(socket, type="send", cid=cid, text="un")
        assert (await hear(socket, "ack"))["seq"] == 1
        assert site.centre.texts(opened.conversation_id) == ["un"]


async def test_the_same_cid_with_another_text_is_refused(site: ChatSite) -> None:
    async with joined(site) as (socket, opened):
        cid = str(uuid4())
        await say(socket, type="send", cid=cid, text="un")
        await hear(socket, "ack")
        await say(socket, type="send", cid=cid, text="deux")
        refused = await hear(socket, "error")
        assert (refused["code"], refused["retry_after"]) == ("cid_reused", None)
        assert site.centre.texts(opened.conversation_id) == ["un"]


async def test_nobody_writes_into_a_closed_conversation(site: ChatSite) -> None:
    async with joined(site) as (socket, opened):
        site.centre.end(opened.conversation_id)
        await say(socket, type="send", cid=str(uuid4()), text="trop tard")
        assert (await hear(socket, "error"))["code"] == "conversation_closed"


async def test_the_centre_unavailable_at_hello_is_named_and_may_be_retried(site: ChatSite) -> None:
    opened = await site.centre.open_conversation(Opening())
    site.centre.fault.before["admit"] = 1
    async with connect(site.socket_url) as socket:
        await say(socket, type="hello", token=opened.token)
        assert await ending(socket) == (["database_unavailable"], frames.CLOSE_UNAVAILABLE)
    async with joined(site, opened):
        pass


async def test_sockets_are_counted_up_and_down(site: ChatSite) -> None:
    async with joined(site) as (_, opened):
        talk = site.centre.talks[opened.conversation_id]
        await until(lambda: talk.sockets == 1)
        async with joined(site, opened):
            await until(lambda: talk.sockets == 2)
        await until(lambda: talk.sockets == 1)
    await until(lambda: talk.sockets == 0)
    await until(lambda: site.gateway.open_sockets == 0)
    assert site.centre.watchers[opened.conversation_id] == set()


async def test_leave_acts_though_the_page_is_gone_at_once(site: ChatSite) -> None:
    async with joined(site) as (socket, opened):
        await say(socket, type="leave", quick=True)
        socket.transport.abort()
    talk = site.centre.talks[opened.conversation_id]
    await until(lambda: talk.ended_by is EndedBy.CORRESPONDENT)
    assert talk.left_quickly is True
    assert talk.state is ContactState.CLOSED


async def test_leave_is_answered_by_a_plain_close(site: ChatSite) -> None:
    async with joined(site) as (socket, _):
        await say(socket, type="leave")
        assert await ending(socket) == ([], 1000)


async def test_a_fifth_socket_of_a_conversation_replaces_the_first(site: ChatSite) -> None:
    async with contextlib.AsyncExitStack() as stack:
        first, opened = await stack.enter_async_context(joined(site))
        for _ in range(4):
            await stack.enter_async_context(joined(site, opened))
        assert await ending(first) == (["replaced"], frames.CLOSE_REPLACED)


async def test_a_silent_client_is_given_up() -> None:
    """Its TCP end answers nothing, as a phone that sleeps: no close, no pong."""
    limits = replace(QUICK, silent_seconds=0.6)
    async with chat_site(session_limits=limits) as site, joined(site) as (socket, opened):
        talk = site.centre.talks[opened.conversation_id]
        socket.transport.pause_reading()
        await until(lambda: talk.sockets == 0)


async def test_a_browser_whose_page_sleeps_stays_joined(site: ChatSite) -> None:
    """It sends no frame, but its protocol pongs count."""
    async with joined(site) as (socket, opened):
        signs = site.centre.talks[opened.conversation_id].signs
        await until(lambda: site.centre.talks[opened.conversation_id].signs > signs + 5)
        await say(socket, type="ping")
        await hear(socket, "pong")


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/chat/socket", {"Origin": "https://evil.example"}, 403),
        ("/chat/socket", {"Origin": "null"}, 403),
        ("/elsewhere", {}, 404),
    ],
)
async def test_a_foreign_page_or_path_gets_no_socket(
    site: ChatSite, path: str, headers: dict[str, str], status: int
) -> None:
    url = site.socket_url.replace("/chat/socket", path)
    with pytest.raises(InvalidStatus) as refused:
        await connect(url, additional_headers=headers)
    assert refused.value.response.status_code == status


async def test_our_page_s_origin_gets_a_socket_without_compression(site: ChatSite) -> None:
    async with connect(site.socket_url, origin=site.public_url) as socket:  # type: ignore[arg-type]
        assert socket.response is not None
        assert "Sec-WebSocket-Extensions" not in socket.response.headers
        assert "Server" not in socket.response.headers


async def test_handshakes_from_one_address_are_bounded() -> None:
    limits = GatewayLimits(handshakes_per_address=Rate(burst=2, per_second=0.01))
    async with chat_site(gateway_limits=limits) as site:
        for _ in range(2):
            await (await connect(site.socket_url)).close()
        with pytest.raises(InvalidStatus) as refused:
            await connect(site.socket_url)
        assert refused.value.response.status_code == 429


async def test_draining_sends_everybody_elsewhere_within_the_window(site: ChatSite) -> None:
    async with joined(site) as (one, _), joined(site) as (two, _):
        draining = asyncio.ensure_future(site.gateway.drain(0.3))
        moments = [(await hear(socket, "reconnect"))["after_ms"] for socket in (one, two)]
        assert all(0 <= moment < 300 for moment in moments)
        # A refusal would be passed on to a visitor: where nobody listens, a proxy goes next door.
        with pytest.raises(ConnectionRefusedError):
            await connect(site.socket_url)
        assert (await ending(one))[1] == frames.CLOSE_GOING_AWAY
        assert (await ending(two))[1] == frames.CLOSE_GOING_AWAY
        await draining
    assert site.gateway.open_sockets == 0


async def test_a_line_being_stored_is_ticked_before_the_server_stops(site: ChatSite) -> None:
    async with joined(site) as (socket, opened):
        site.centre.fault.hold = asyncio.Event()
        cid = str(uuid4())
        await say(socket, type="send", cid=cid, text="juste avant")
        draining = asyncio.ensure_future(site.gateway.drain(0.1))
        await hear(socket, "reconnect")
        site.centre.fault.hold.set()
        assert (await hear(socket, "ack"))["cid"] == cid
        await draining
        assert site.centre.texts(opened.conversation_id) == ["juste avant"]


async def test_a_centre_too_slow_is_unavailable() -> None:
    limits = GatewayLimits(centre_seconds=0.1)
    async with (
        chat_site(gateway_limits=limits, session_limits=QUICK) as site,
        joined(site) as (socket, _),
    ):
        site.centre.fault.hold = asyncio.Event()
        await say(socket, type="send", cid=str(uuid4()), text="x")
        assert (await hear(socket, "error"))["code"] == "centre_too_slow"
        site.centre.fault.hold.set()
