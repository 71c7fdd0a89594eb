"""What strangers send, each kind as fast as one process of the lowest priority can send it.

Run as a process of its own, with its orders as one line of JSON on standard
input; it ends when standard input does. Its sources are addresses of
127.0.0.0/8, each in a neighbourhood of its own, so that no limit by address
does the work of the others.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from tests.kit.raw_socket import CONTINUATION, PING, PONG, TEXT, frame, raw_socket

LOWEST_PRIORITY = 19
BLOCK_BYTES = 48 * 1024
GIVEN_UP = (OSError, TimeoutError, asyncio.IncompleteReadError)
_numbers = count(1)

Attack = Callable[[dict[str, Any]], Awaitable[None]]


def address() -> str:
    """Return a loopback address whose /24 nobody has used yet, until all of them were."""
    number = next(_numbers) % 64_000 + 512
    return f"127.{number >> 8 & 255}.{number & 255}.{number % 250 + 1}"


def _frames(block: bytes, opening: bytes = b"") -> Attack:
    """Return the attack of sockets that send this block again and again, and never a hello."""
    repeated = block * (BLOCK_BYTES // len(block))

    async def attack(orders: dict[str, Any]) -> None:
        with contextlib.suppress(*GIVEN_UP):
            async with raw_socket(orders["chat"], address=address()) as socket:
                socket.writer.write(opening)
                while True:
                    socket.writer.write(repeated)
                    await socket.writer.drain()

    return attack


async def handshakes(orders: dict[str, Any]) -> None:
    """Open a socket and say nothing; hold it a while, as whoever wants all places would."""
    with contextlib.suppress(*GIVEN_UP):
        async with raw_socket(orders["chat"], address=address()):
            await asyncio.sleep(0.5)


async def openings(orders: dict[str, Any]) -> None:
    """Open one conversation after the other, on one connection until it is closed."""
    body = b'{"audience": "minor", "language": "fr"}'
    request = (
        b"POST /chat/conversations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    with contextlib.suppress(*GIVEN_UP):
        async with _connection(orders["public"]) as (reader, writer):
            while True:
                writer.write(request)
                await reader.readuntil(b"}")


async def slow_headers(orders: dict[str, Any]) -> None:
    """Begin a request's head and let it in drop by drop."""
    with contextlib.suppress(*GIVEN_UP):
        async with _connection(orders["public"]) as (_, writer):
            writer.write(b"POST /voice/incoming HTTP/1.1\r\nHost: x\r\nX: ")
            while not writer.is_closing():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.2)


async def sign_ins(orders: dict[str, Any]) -> None:
    """Try a login that nobody has with a password that nobody has, from one address, and again."""
    async with _connection(orders["staff"]) as (reader, writer):
        for number in count():
            login = f"nobody{os.getpid()}{id(writer)}{number}"
            body = json.dumps({"login": login, "password": "x" * 16, "totp": "000000"}).encode()
            writer.write(
                b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
            )
            await reader.readuntil(b"}")
            await asyncio.sleep(0.4)


# Each with how many at once.
ATTACKS: dict[str, tuple[Attack, int]] = {
    "pings": (_frames(frame(PING)), 4),
    "pongs": (_frames(frame(PONG)), 4),
    "fragments": (_frames(frame(CONTINUATION, last=False), frame(TEXT, last=False)), 4),
    "handshakes": (handshakes, 200),
    "openings": (openings, 60),
    "slow_headers": (slow_headers, 1_000),
    "sign_ins": (sign_ins, 60),
}


@asynccontextmanager
async def _connection(
    port: int,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address(), 0))
    try:
        yield reader, writer
    finally:
        writer.close()


async def _for_ever(attack: Attack, orders: dict[str, Any]) -> None:
    while True:
        with contextlib.suppress(*GIVEN_UP):
            await attack(orders)
        await asyncio.sleep(0)


async def _main() -> None:
    orders = json.loads(await asyncio.to_thread(sys.stdin.readline))
    attack, at_once = ATTACKS[orders["kind"]]
    attackers = [asyncio.ensure_future(_for_ever(attack, orders)) for _ in range(at_once)]
    print("attacking", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for attacker in attackers:
        attacker.cancel()
    await asyncio.gather(*attackers, return_exceptions=True)


if __name__ == "__main__":
    os.setpriority(os.PRIO_PROCESS, 0, LOWEST_PRIORITY)
    asyncio.run(_main())
