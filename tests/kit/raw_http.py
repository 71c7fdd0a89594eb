"""Requests as bytes on a connection of their own, past every client that would mend them."""

import asyncio
from dataclasses import dataclass

ANSWER_SECONDS = 8.0


@dataclass(frozen=True)
class RawAnswer:
    """What came back until the other side closed."""

    status: int
    headers: dict[str, str]  # by lower-case name
    body: bytes


async def raw(port: int, request: bytes) -> RawAnswer:
    """Send these bytes and return the first answer; `status` 0 when there was none."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(ANSWER_SECONDS):
            return await _answer(reader)
    finally:
        writer.close()


def head(target: str, *headers: str, method: str = "GET", version: str = "HTTP/1.1") -> bytes:
    """Return the head of a request to this target, whatever it is; it asks to be closed."""
    lines = (f"{method} {target} {version}", "Host: x", *headers, "Connection: close", "", "")
    return "\r\n".join(lines).encode("latin-1")


async def _answer(reader: asyncio.StreamReader) -> RawAnswer:
    try:
        first = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return RawAnswer(0, {}, b"")
    line, *rest = first.decode("latin-1").strip().split("\r\n")
    pairs = (each.partition(":") for each in rest)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    return RawAnswer(int(line.split()[1]), headers, await reader.read())
