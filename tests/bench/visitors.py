"""Visitors of the chat: conversations opened over HTTP, lines sent over the gateway's sockets.

The limits against abuse stay as they are shipped. So visitors come from many
addresses, as they do in life: all of 127.0.0.0/8 is this machine (Linux). And
nobody sends more lines than a socket may at once.
"""

import asyncio
import json
import math
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from websockets.asyncio.client import ClientConnection, connect

from chat.limits import HttpLimits, SessionLimits
from config.clock import monotonic
from config.ids import new_id
from tests.bench.load import BenchFailed

# Both as shipped, one left over: 15 visitors behind an address is a school, not an attack.
VISITORS_PER_ADDRESS = min(15, HttpLimits().openings_per_address.burst - 1)
LINES_EACH = SessionLimits().sends.burst - 1
OPENING_AT_ONCE = 16
MOST_TRIES = 10
ANSWER_SECONDS = 10.0
CLOSE_SECONDS = 2.0
TEXT = "Je ne sais pas trop par où commencer, mais je crois que j’ai besoin d’en parler."


@dataclass
class Visitor:
    """One socket, and how many lines it may still send (the floor has no limit)."""

    socket: ClientConnection
    lines_left: float = math.inf

    async def exchange(self, answer: str) -> float:
        """Send one line and wait for the `answer` with its cid; return the seconds it took."""
        cid = str(new_id())
        started = monotonic()
        self.lines_left -= 1
        async with asyncio.timeout(ANSWER_SECONDS):
            await self.socket.send(json.dumps({"type": "send", "cid": cid, "text": TEXT}))
            while True:
                frame = json.loads(await self.socket.recv())
                if frame["type"] == "error":
                    raise BenchFailed(f"a line was refused: {frame['code']}")
                if frame["type"] == answer and frame["cid"] == cid:
                    return monotonic() - started


class Crowd:
    """Visitors who take turns: the one who sent least recently sends next."""

    def __init__(self, visitors: list[Visitor], answer: str) -> None:
        """Wait for frames of type `answer`."""
        self._idle = deque(visitors)
        self._answer = answer

    async def send_one(self) -> float | None:
        """Have somebody send one line; None once everybody has sent what they may."""
        if not self._idle:
            return None
        visitor = self._idle.popleft()
        took = await visitor.exchange(self._answer)
        if visitor.lines_left > 0:
            self._idle.append(visitor)
        return took


@asynccontextmanager
async def visitors(public_url: str, count: int, *, town: int) -> AsyncIterator[list[Visitor]]:
    """Open `count` conversations, each joined by its socket, until left.

    They come from addresses of their own `town` (1 to 254): those of another
    round may have used up what is allowed at once.
    """
    groups = [
        (f"127.{town}.{1 + number % 200}.{1 + number // 200}", size)
        for number, size in enumerate(_groups(count))
    ]
    async with _connected() as (stack, gate):
        opening = [_open_from(stack, gate, public_url, *group) for group in groups]
        opened = await asyncio.gather(*opening)
        yield [visitor for group in opened for visitor in group]


@asynccontextmanager
async def bare_sockets(url: str, count: int) -> AsyncIterator[list[Visitor]]:
    """Open `count` sockets to the echo, until left."""
    async with _connected() as (stack, gate):
        yield list(
            await asyncio.gather(*(_joined(stack, gate, url, "127.0.0.1") for _ in range(count)))
        )


@asynccontextmanager
async def _connected() -> AsyncIterator[tuple[AsyncExitStack, asyncio.Semaphore]]:
    async with AsyncExitStack() as stack:
        yield stack, asyncio.Semaphore(OPENING_AT_ONCE)


def _groups(count: int) -> list[int]:
    whole, rest = divmod(count, VISITORS_PER_ADDRESS)
    return [VISITORS_PER_ADDRESS] * whole + ([rest] if rest else [])


async def _open_from(
    stack: AsyncExitStack, gate: asyncio.Semaphore, public_url: str, address: str, count: int
) -> list[Visitor]:
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    connector = aiohttp.TCPConnector(local_addr=(address, 0), limit=4)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:

        async def open_one() -> Visitor:
            opened = await _opened(gate, http, public_url)
            visitor = await _joined(stack, gate, opened["socket_url"], address)
            hello = {"type": "hello", "token": opened["token"], "last_seq": 0}
            await visitor.socket.send(json.dumps(hello))
            await _until_shown(visitor.socket)
            visitor.lines_left = LINES_EACH
            return visitor

        return list(await asyncio.gather(*(open_one() for _ in range(count))))


async def _opened(
    gate: asyncio.Semaphore, http: aiohttp.ClientSession, public_url: str
) -> dict[str, Any]:
    """Open one conversation, waiting as long as the service asks of a crowd this large."""
    for _ in range(MOST_TRIES):
        async with gate, http.post(f"{public_url}/chat/conversations", json={}) as answer:
            document: dict[str, Any] = await answer.json()
        if answer.status == 201:
            return document
        if answer.status != 429:
            break
        await asyncio.sleep(document["retry_after"])
    raise BenchFailed(f"a conversation was answered {answer.status}")


async def _joined(
    stack: AsyncExitStack, gate: asyncio.Semaphore, url: str, address: str
) -> Visitor:
    async with gate:
        socket = await connect(
            url,
            local_addr=(address, 0),
            compression=None,
            ping_interval=None,  # the gateway probes; a browser's client would not either
            open_timeout=ANSWER_SECONDS,
            close_timeout=CLOSE_SECONDS,
            max_queue=256,
        )
    stack.push_async_callback(socket.close)
    return Visitor(socket)


async def _until_shown(socket: ClientConnection) -> None:
    """Read until the socket is ready and what the helpline says first has come."""
    head, seen = None, 0
    async with asyncio.timeout(ANSWER_SECONDS):
        while head is None or seen < head:
            frame = json.loads(await socket.recv())
            if frame["type"] == "ready":
                head = frame["head_seq"]
            elif frame["type"] == "message":
                seen = frame["seq"]
            elif frame["type"] == "error":
                raise BenchFailed(f"a socket was refused: {frame['code']}")
