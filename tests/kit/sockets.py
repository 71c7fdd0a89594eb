"""A telephone's socket as tests use it: frames kept in order, awaited by a condition."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Self

import aiohttp

from tests.kit.until import until

Frame = dict[str, Any]


class FrameSocket:
    """A WebSocket whose received frames are kept in `frames`."""

    def __init__(self, url: str, origin: str | None = None) -> None:
        """Connect to `url` when entered."""
        self._url = url.replace("http://", "ws://").replace("https://", "wss://")
        self._headers = {"Origin": origin} if origin else {}
        self.frames: list[Frame] = []
        self.closed = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Connect."""
        self._session = aiohttp.ClientSession()
        try:
            self._socket = await self._session.ws_connect(
                self._url, headers=self._headers, max_msg_size=1_000_000
            )
        except BaseException:
            await self._session.close()
            raise
        self._reader = asyncio.get_running_loop().create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close, as a closed tab does."""
        await self.close()

    async def close(self) -> None:
        """Close the socket; closing twice is as good."""
        await self._socket.close()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self._session.close()

    async def send(self, frame: Mapping[str, object]) -> None:
        """Send one frame."""
        await self._socket.send_json(frame)

    async def _read(self) -> None:
        try:
            async for message in self._socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    frame = message.json()
                    self.frames.append(frame)
                    await self.received(frame)
        finally:
            self.closed.set()

    async def received(self, frame: Frame) -> None:
        """React to a frame just received; nothing unless a telephone says otherwise."""

    def of(self, kind: str) -> list[Frame]:
        """Return the frames of one type, oldest first."""
        return [frame for frame in self.frames if frame.get("type") == kind]

    async def frame(
        self, kind: str, seconds: float = 5.0, where: Callable[[Frame], bool] | None = None
    ) -> Frame:
        """Return the first frame of that type that satisfies `where`, waiting for it."""
        return await until(
            lambda: next((f for f in self.of(kind) if where is None or where(f)), None),
            seconds,
            saying=f"a frame {kind!r}",
        )
