"""Sockets that send too much: counted before it costs, closed with 4429, and nobody else notices."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from chat.centre import Opening
from chat.frames import CLOSE_FLOOD
from chat.gateway import Gateway, chat_gateway
from chat.http import add_chat_routes
from chat.limits import GatewayLimits, HttpLimits, Rate
from config.clock import SystemClock
from config.text import Catalog
from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import listener
from tests.kit.raw_socket import (
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Ending,
    RawSocket,
    frame,
    raw_socket,
)
from tests.kit.site import Site, site
from tests.kit.until import until
from tests.kit.whole_centre import WholeCentre, whole_centre

MANY = 5_000
FLOODS = {
    "pings": frame(PING) * MANY,
    "long pings": frame(PING, b"x" * 125) * MANY,
    "pongs": frame(PONG) * MANY,
    "fragments": frame(TEXT, last=False) + frame(CONTINUATION, last=False) * MANY,
    "fragments with pings": (frame(TEXT, b"{", last=False) + frame(PING)) + frame(PING) * MANY,
}


async def test_every_flood_of_frames_is_closed_by_its_code(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with site(tmp_path, database, redis_url, "ines") as centre, centre.serving():
        for name, flood in FLOODS.items():
            async with raw_socket(centre.ports.chat) as socket:
                socket.writer.write(flood)
                ended = await socket.ending()
            assert ended.code == CLOSE_FLOOD, name
            assert ended.pongs < 50, "what was answered before it was closed"
        await _a_school_writes_at_once(centre)
        await _a_conversation_says_what_it_needs_to(centre)
        await _a_desks_socket_is_bounded_too(centre)


async def _a_conversation_says_what_it_needs_to(centre: Site) -> None:
    opened = await _opened(centre)
    async with raw_socket(centre.ports.chat) as socket:
        await _hello(socket, opened["token"])
        socket.writer.write(frame(PING) * 60)
        assert (await _echo(socket)).code is None
        socket.writer.write(frame(PING) * MANY)
        ended = await socket.ending()
        assert ended.code == CLOSE_FLOOD
        assert [text["code"] for text in ended.texts if text["type"] == "error"] == ["flood"]
        assert ended.pongs < 200
    async with raw_socket(centre.ports.chat) as socket:  # her conversation goes on
        await _hello(socket, opened["token"])
        line = {"type": "send", "cid": str(uuid4()), "text": "é" * 2_000}
        socket.writer.write(frame(TEXT, json.dumps(line, ensure_ascii=False).encode()))
        assert (await socket.ending(until="ack")).texts[-1]["cid"] == line["cid"]
        padding = json.dumps({"type": "ping", "more": "x" * 15_000}).encode()
        socket.writer.write(frame(TEXT, padding) * 40)
        assert (await socket.ending()).code == CLOSE_FLOOD, "bytes are counted as well"


async def _a_desks_socket_is_bounded_too(centre: Site) -> None:
    async with listener(centre, "ines", telephone=None) as she:
        for flood in (frame(PING), frame(PONG), frame(PING, b"x" * 125)):
            ticket = (await she.did("POST", "me/live-ticket"))["ticket"]
            target = f"/api/v1/live?ticket={ticket}"
            async with raw_socket(centre.ports.staff, target) as socket:
                socket.writer.write(flood * 200)
                assert (await socket.ending()).code == CLOSE_FLOOD, flood
        ticket = (await she.did("POST", "me/live-ticket"))["ticket"]
        async with raw_socket(centre.ports.staff, f"/api/v1/live?ticket={ticket}") as socket:
            socket.writer.write(frame(TEXT, last=False) + frame(CONTINUATION, last=False) * 60_000)
            assert (await socket.ending()).code is None, "cut: it never came to an end"
        assert (await she.did("GET", "me"))["staff"]["display_name"] == "Ines"


async def _a_school_writes_at_once(centre: Site) -> None:
    async with aiohttp.ClientSession(centre.ports.public_url) as http:

        async def one() -> int:
            async with http.post("/chat/conversations", json={}) as answer:
                return answer.status

        assert await asyncio.gather(*(one() for _ in range(45))) == [201] * 45


async def _opened(centre: Site) -> dict[str, Any]:
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{centre.ports.public_url}/chat/conversations", json={}) as answer,
    ):
        assert answer.status == 201
        opened: dict[str, Any] = await answer.json()
        return opened


async def _hello(socket: RawSocket, token: str) -> None:
    socket.writer.write(frame(TEXT, json.dumps({"type": "hello", "token": token}).encode()))
    assert (await socket.ending(until="ready")).texts[-1]["type"] == "ready"


async def _echo(socket: RawSocket) -> Ending:
    socket.writer.write(frame(TEXT, b'{"type": "ping"}'))
    return await socket.ending(until="pong")


@pytest.fixture
async def whole(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[WholeCentre]:
    async with whole_centre(database_url, redis_url, tmp_path) as made:
        yield made


async def test_one_neighbourhood_cannot_hold_all_places(whole: WholeCentre) -> None:
    conversations = whole.centre.conversations
    token = (await conversations.open_conversation(Opening())).token
    limits = GatewayLimits(connections=12)
    async with (
        chat_gateway(
            conversations,
            host="127.0.0.1",
            port=0,
            allowed_origins=(),
            limits=limits,
            drain_seconds=0.1,
        ) as gateway,
        raw_socket(gateway.port, address="127.0.7.1") as first,
    ):
        held = [raw_socket(gateway.port, address=f"127.0.7.{host}") for host in range(2, 5)]
        for socket in held:
            await socket.__aenter__()
        with pytest.raises(ConnectionRefusedError, match="503"):
            await raw_socket(gateway.port, address="127.0.7.9").__aenter__()
        async with raw_socket(gateway.port, address="127.0.8.1") as neighbour:
            await _hello(neighbour, token)
        for socket in held:
            await socket.__aexit__(None, None, None)
        await until(lambda: gateway.open_sockets == 1)
        async with raw_socket(gateway.port, address="127.0.7.9"):
            pass  # what was given back is there for whoever comes next
        await _still_open(first, gateway)


async def _still_open(socket: RawSocket, gateway: Gateway) -> None:
    assert gateway.open_sockets >= 1
    socket.writer.write(frame(PING))
    async with raw_socket(gateway.port, address="127.0.9.1"):
        assert await socket.reader.readexactly(2) == b"\x8a\x00"


async def test_an_address_may_open_as_many_more_as_were_answered(whole: WholeCentre) -> None:
    app = web.Application()
    limits = HttpLimits(openings_per_address=Rate(burst=2, per_second=0.001), refused_seconds=0)
    add_chat_routes(
        app,
        whole.centre.conversations,
        page_origins=(),
        socket_url="ws://127.0.0.1/chat/socket",
        clock=SystemClock(),
        catalog=Catalog.load(),
        limits=limits,
    )
    async with TestServer(app) as server, aiohttp.ClientSession(server.make_url("/")) as http:

        async def statuses(number: int) -> list[int]:
            answers = [await http.post("/chat/conversations", json={}) for _ in range(number)]
            return [answer.status for answer in answers]

        assert await statuses(4) == [201, 201, 429, 429]
        await whole.take(await whole.ready())
        assert await statuses(2) == [201, 429]
