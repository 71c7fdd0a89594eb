"""The live socket: its ticket, its signs of life, its limits and its end."""

import asyncio
import socket as net
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from config.errors import TooMuch, Unavailable
from config.vocabulary import Channel, Role
from contactcenter.api.live.frames import (
    CLOSE_BAD_FRAME,
    CLOSE_RECONNECT,
    CLOSE_RESYNC,
    CLOSE_SIGNED_OUT,
    CLOSE_SILENT,
    CLOSE_TOO_MANY,
)
from contactcenter.api.live.socket import LiveLimits
from contactcenter.centre.live_events import OfferMade, QueuesChanged, VisitorTyping
from contactcenter.centre.supervision_views import QueueFigures
from records.actor import Principal
from tests.kit.staff_api import StaffApi, staff_api
from tests.kit.until import until

QUICK = LiveLimits(ping_seconds=0.02, silent_seconds=5, session_check_seconds=0.02)


async def opened(api: StaffApi) -> tuple[Principal, ClientWebSocketResponse]:
    """Open the live socket of somebody and wait until the hub hears of it."""
    principal, _ = api.signed_in()
    socket = await api.live(principal)
    await until(lambda: api.services.hub.listening(principal) == 1, seconds=5)
    return principal, socket


async def ended(socket: ClientWebSocketResponse) -> tuple[list[dict[str, Any]], int | None]:
    """Read to the end: the frames, and the code it closed with."""
    frames = []
    async for message in socket:
        assert message.type is WSMsgType.TEXT
        frames.append(message.json())
    return frames, socket.close_code


async def test_a_ticket_opens_one_socket_once() -> None:
    async with staff_api() as api:
        principal, headers = api.signed_in()
        answer = await api.ask("POST", "me/live-ticket", headers=headers)
        ticket = (await answer.json())["ticket"]
        url = api.server.make_url("/api/v1/live")
        async with api.client.ws_connect(url, params={"ticket": ticket}) as socket:
            await socket.send_json({"type": "ping"})
            assert await socket.receive_json() == {"type": "pong"}
            with pytest.raises(WSServerHandshakeError) as refusal:
                await api.client.ws_connect(url, params={"ticket": ticket})
            assert refusal.value.status == 401
        await until(lambda: len(api.sockets) == 0, seconds=5)
        assert api.services.hub.listening(principal) == 0


async def test_a_request_that_is_no_upgrade_does_not_spend_the_ticket() -> None:
    async with staff_api() as api:
        principal, _ = api.signed_in()
        ticket = (await api.services.accounts.live_ticket(principal)).ticket
        answer = await api.ask("GET", f"live?ticket={ticket}")
        assert answer.status == 426
        assert ticket in api.services.accounts.tickets


async def test_a_session_token_does_not_serve_as_a_ticket() -> None:
    async with staff_api() as api:
        principal, headers = api.signed_in()
        token = api.services.accounts.token_of(principal)
        for params in ({"ticket": token}, {}, {"ticket": ""}):
            with pytest.raises(WSServerHandshakeError) as refusal:
                await api.client.ws_connect(
                    api.server.make_url("/api/v1/live"), params=params, headers=headers
                )
            assert refusal.value.status in {401, 422}


async def test_whoever_sees_no_queue_has_no_live_socket() -> None:
    async with staff_api() as api:
        principal, _ = api.signed_in(Role.ADMINISTRATOR)
        with pytest.raises(WSServerHandshakeError) as refusal:
            await api.live(principal)
        assert refusal.value.status == 403


async def test_events_arrive_in_order_as_the_schema_says() -> None:
    async with staff_api() as api:
        principal, socket = await opened(api)
        offer = api.services.offers.offer(principal)
        load = QueueFigures(queue="mineur", label="Mineurs", channel=Channel.CALL, waiting=2)
        contact_id = uuid4()
        api.services.hub.tell(principal, OfferMade(**offer.model_dump()))
        api.services.hub.tell(principal, QueuesChanged(queues=[load], free_listeners=1))
        api.services.hub.tell(principal, VisitorTyping(contact_id=contact_id))
        first = await socket.receive_json()
        assert first["type"] == "offer"
        assert first["offer_id"] == str(offer.offer_id)
        assert first["expires_at"] == "2026-03-02T12:00:20Z"
        second = await socket.receive_json()
        assert (second["type"], second["queues"][0]["waiting"]) == ("queues", 2)
        assert await socket.receive_json() == {"type": "typing", "contact_id": str(contact_id)}
        await socket.close()


async def test_what_the_desk_says_reaches_the_services() -> None:
    async with staff_api() as api:
        principal, socket = await opened(api)
        offer = api.services.offers.offer(principal)
        contact_id = str(offer.contact_id)
        await socket.send_json({"type": "offer_seen", "offer_id": str(offer.offer_id)})
        await socket.send_json({"type": "typing", "contact_id": contact_id})
        await socket.send_json({"type": "read", "contact_id": contact_id, "seq": 3})
        await socket.send_json({"type": "offer_seen", "offer_id": str(uuid4())})
        assert await socket.receive_json() == {
            "type": "error",
            "code": "offer_expired",
            "retry_after": None,
        }
        assert api.services.offers.seen_ids == [offer.offer_id]
        assert api.services.contacts.typed == [offer.contact_id]
        assert api.services.contacts.read_up_to == {offer.contact_id: 3}
        await socket.close()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"type": "shout"}', '{"type": "read", "contact_id": "x", "seq": 1}']
)
async def test_a_frame_that_means_nothing_is_named_then_the_socket_closes(text: str) -> None:
    async with staff_api() as api:
        _, socket = await opened(api)
        await socket.send_str(text)
        frames, code = await ended(socket)
        assert [frame["code"] for frame in frames] == ["bad_frame"]
        assert code == CLOSE_BAD_FRAME


async def test_bytes_and_frames_too_large_end_the_socket() -> None:
    async with staff_api() as api:
        _, socket = await opened(api)
        await socket.send_bytes(b"{}")
        assert (await ended(socket))[1] == CLOSE_BAD_FRAME
        _, socket = await opened(api)
        await socket.send_str("x" * 5000)
        assert (await ended(socket))[1] == 1009


async def test_a_flood_of_frames_ends_the_socket() -> None:
    async with staff_api(limits=LiveLimits(frames_per_second=1, frames_burst=5)) as api:
        _, socket = await opened(api)
        for _ in range(8):
            await socket.send_json({"type": "ping"})
        frames, code = await ended(socket)
        assert frames[-1] == {"type": "error", "code": "too_much", "retry_after": 1}
        assert code == CLOSE_TOO_MANY


async def test_each_pong_renews_the_lease() -> None:
    async with staff_api(limits=QUICK) as api:
        principal, socket = await opened(api)
        reading = asyncio.ensure_future(socket.receive())  # the client answers pings as it reads
        beats = api.services.presence.heartbeats
        await until(lambda: beats.get(principal.staff_id, 0) >= 3, seconds=5)
        reading.cancel()
        await socket.close()


async def test_a_socket_that_only_watches_renews_no_lease() -> None:
    async with staff_api(limits=QUICK) as api:
        watcher = api.services.accounts.person("mur")
        api.services.accounts.token_of(watcher)
        ticket = (await api.services.accounts.live_ticket(watcher)).ticket
        url = api.server.make_url("/api/v1/live")
        wall = await api.client.ws_connect(url, params={"ticket": ticket, "watch": "true"})
        principal, desk = await opened(api)
        reading = [asyncio.ensure_future(each.receive()) for each in (wall, desk)]
        beats = api.services.presence.heartbeats
        await until(lambda: beats.get(principal.staff_id, 0) >= 3, seconds=5)
        assert watcher.staff_id not in beats
        await wall.send_json({"type": "ping"})
        assert (await asyncio.wait_for(reading[0], 5)).json() == {"type": "pong"}
        reading[1].cancel()
        await wall.close()
        await desk.close()


async def test_an_index_that_is_away_does_not_end_the_socket() -> None:
    async with staff_api(limits=QUICK) as api:
        api.services.presence.failing = Unavailable(code="index_unavailable")
        principal, socket = await opened(api)
        reading = asyncio.ensure_future(socket.receive())
        await until(lambda: api.services.presence.failures >= 2, seconds=5)
        api.services.presence.failing = None
        beats = api.services.presence.heartbeats
        await until(lambda: beats.get(principal.staff_id, 0) >= 1, seconds=5)
        reading.cancel()
        await socket.close()


async def test_a_desk_that_answers_no_ping_is_let_go() -> None:
    limits = LiveLimits(ping_seconds=0.02, silent_seconds=0.1)
    async with staff_api(limits=limits) as api:
        principal, _ = api.signed_in()
        socket = await api.live(principal, autoping=False)
        codes = []
        while not socket.closed:
            message = await socket.receive()
            codes.append(message.type)
        assert WSMsgType.PING in codes
        assert socket.close_code == CLOSE_SILENT


async def test_a_revoked_session_closes_its_socket() -> None:
    async with staff_api(limits=QUICK) as api:
        principal, socket = await opened(api)
        await api.services.accounts.sign_out(principal)
        assert (await ended(socket)) == ([], CLOSE_SIGNED_OUT)


async def test_a_desk_that_falls_behind_is_told_to_resync() -> None:
    async with staff_api(limits=LiveLimits(outbox_frames=5)) as api:
        principal, socket = await opened(api)
        for _ in range(50):
            api.services.hub.tell(principal, VisitorTyping(contact_id=uuid4()))
        frames, code = await ended(socket)
        assert frames[-1] == {"type": "resync"}
        assert len(frames) <= 7
        assert code == CLOSE_RESYNC


async def test_a_desk_that_never_reads_is_cut_and_costs_no_memory() -> None:
    limits = LiveLimits(outbox_frames=50, send_seconds=0.2)
    async with staff_api(limits=limits) as api:
        principal, _ = api.signed_in()
        ticket = (await api.services.accounts.live_ticket(principal)).ticket
        reader, writer = await asyncio.open_connection("127.0.0.1", api.server.port)
        raw = writer.get_extra_info("socket")
        raw.setsockopt(net.SOL_SOCKET, net.SO_RCVBUF, 4096)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(
            f"GET /api/v1/live?ticket={ticket} HTTP/1.1\r\nHost: desk\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        await until(lambda: api.services.hub.listening(principal) == 1, seconds=5)
        load = QueueFigures(queue="q" * 5000, label="q" * 5000, channel=Channel.CALL, waiting=1)
        event = QueuesChanged(queues=[load] * 20, free_listeners=0)
        for _ in range(2000):
            if api.services.hub.listening(principal) == 0:
                break
            api.services.hub.tell(principal, event)
            await asyncio.sleep(0)
        await until(lambda: len(api.sockets) == 0, seconds=5)
        writer.close()
        del reader


async def test_a_hub_that_overflows_or_fails_ends_the_socket_with_resync() -> None:
    async with staff_api() as api:
        principal, socket = await opened(api)
        api.services.hub.tell(principal, TooMuch(code="resync"))
        assert await ended(socket) == ([{"type": "resync"}], CLOSE_RESYNC)


async def test_draining_spreads_the_return_of_every_desk() -> None:
    async with staff_api() as api:
        sockets = [(await opened(api))[1] for _ in range(4)]
        api.sockets.drain(4000)
        delays = []
        for socket in sockets:
            frames, code = await ended(socket)
            assert code == CLOSE_RECONNECT
            assert frames[-1]["type"] == "reconnect"
            delays.append(frames[-1]["after_ms"])
        assert sorted(delays) == [0, 1000, 2000, 3000]
        with pytest.raises(WSServerHandshakeError) as refusal:
            await opened(api)
        assert refusal.value.status == 503


async def test_the_service_stops_with_desks_still_connected() -> None:
    async with staff_api() as api:
        _, socket = await opened(api)
        reading = asyncio.ensure_future(ended(socket))
        await api.server.close()
        frames, code = await reading
        assert frames[-1]["type"] == "reconnect"
        assert code == CLOSE_RECONNECT


async def test_a_session_has_a_bounded_number_of_sockets() -> None:
    async with staff_api() as api:
        principal, _ = api.signed_in()
        sockets = [await api.live(principal) for _ in range(8)]
        with pytest.raises(WSServerHandshakeError) as refusal:
            await api.live(principal)
        assert refusal.value.status == 429
        for socket in sockets:
            await socket.close()
