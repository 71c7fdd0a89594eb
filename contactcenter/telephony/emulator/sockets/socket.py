"""A telephone's socket: JSON frames both ways, bounded in size, number and rate."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import structlog
from aiohttp import WSMsgType, web

from config.clock import monotonic

log = structlog.get_logger()

MAX_FRAME_BYTES = 65_536  # a WebRTC description is a few kilobytes
MAX_WAITING_FRAMES = 256
HEARTBEAT_SECONDS = 15.0
FRAMES_PER_SECOND = 100.0
BURST_FRAMES = 400.0


class Socket:
    """One connected telephone. `send` never waits; a socket too slow to read is closed."""

    def __init__(self, response: web.WebSocketResponse) -> None:
        """Speak over a prepared response."""
        self._response = response
        self._waiting: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue(MAX_WAITING_FRAMES)
        self._allowance = BURST_FRAMES
        self._last = monotonic()
        self.has_audio = False
        self.speaks = False
        self.overflowed = asyncio.Event()

    def send(self, frame: Mapping[str, Any]) -> None:
        """Queue a frame for the telephone."""
        try:
            self._waiting.put_nowait(frame)
        except asyncio.QueueFull:
            self.overflowed.set()

    async def write(self) -> None:
        """Send queued frames until the socket closes or overflows."""
        while not self.overflowed.is_set():
            frame = await self._waiting.get()
            try:
                await self._response.send_json(frame)
            except ConnectionError:
                return
        await self._response.close(code=1013)

    async def frames(self) -> AsyncIterator[dict[str, Any]]:
        """Yield the telephone's frames; anything but a JSON object, or a flood, ends them."""
        async for message in self._response:
            if message.type is not WSMsgType.TEXT or not self._allowed():
                break
            try:
                frame = json.loads(message.data)
            except ValueError:
                break
            if not isinstance(frame, dict):
                break
            yield frame

    def _allowed(self) -> bool:
        now = monotonic()
        refill = (now - self._last) * FRAMES_PER_SECOND
        self._allowance = min(BURST_FRAMES, self._allowance + refill) - 1
        self._last = now
        return self._allowance >= 0

    async def refuse(self, code: str) -> None:
        """Name an error, then close."""
        await self._response.send_json({"type": "error", "code": code})
        await self._response.close(code=1008)


async def accept(request: web.Request) -> tuple[web.WebSocketResponse, Socket]:
    """Upgrade a request to a telephone's socket."""
    response = web.WebSocketResponse(
        heartbeat=HEARTBEAT_SECONDS, max_msg_size=MAX_FRAME_BYTES, compress=False
    )
    await response.prepare(request)
    return response, Socket(response)
