"""WebSockets as bytes: frames that no client library would send, as many as one likes."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

TEXT, CONTINUATION, CLOSE, PING, PONG = 0x1, 0x0, 0x8, 0x9, 0xA
_FIN, _MASKED = 0x80, 0x80
_READ_SECONDS = 8.0


def frame(opcode: int, data: bytes = b"", *, last: bool = True) -> bytes:
    """Return one masked frame; the mask is zero, so the payload stands as it is."""
    first = opcode | (_FIN if last else 0)
    if len(data) < 126:
        length = struct.pack("!BB", first, _MASKED | len(data))
    else:
        length = struct.pack("!BBH", first, _MASKED | 126, len(data))
    return length + b"\0\0\0\0" + data


@dataclass
class Ending:
    """What a socket was told until it was closed."""

    code: int | None = None
    pongs: int = 0
    texts: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class RawSocket:
    """An open socket whose frames are written by hand."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ending(self, ended: Ending | None = None, *, until: str = "") -> Ending:
        """Read until the close, the cut, or a text frame of that type."""
        ended = ended or Ending()
        try:
            async with asyncio.timeout(_READ_SECONDS):
                while not await self._one(ended, until):
                    pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        return ended

    async def _one(self, ended: Ending, until: str) -> bool:
        first, length = await self.reader.readexactly(2)
        if length == 126:
            length = struct.unpack("!H", await self.reader.readexactly(2))[0]
        data = await self.reader.readexactly(length)
        match first & 0x0F:
            case 0x8:
                ended.code = struct.unpack("!H", data[:2])[0]
                return True
            case 0xA:
                ended.pongs += 1
            case 0x1:
                ended.texts.append(json.loads(data))
                return bool(until) and ended.texts[-1]["type"] == until
        return False


@asynccontextmanager
async def raw_socket(
    port: int, target: str = "/chat/socket", *, address: str = "127.0.0.1"
) -> AsyncIterator[RawSocket]:
    """Open a socket from a loopback address; ConnectionRefusedError unless it is answered 101."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    try:
        writer.write(
            f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        async with asyncio.timeout(_READ_SECONDS):
            answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 101"):
            raise ConnectionRefusedError(answer.split(b"\r\n")[0].decode())
        yield RawSocket(reader, writer)
    finally:
        writer.close()
