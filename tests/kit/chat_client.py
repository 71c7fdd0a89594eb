"""A visitor's client in Python, by the rules of docs/chat-protocol.md: the page's, without a page.

It keeps a cursor, sends one line at a time, reconnects for ever, believes no
silence, and falls back to HTTP when the socket failed twice.
"""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import aiohttp
import websockets
from websockets.asyncio.client import ClientConnection, connect

from config.clock import monotonic
from config.ids import new_id


@dataclass
class ChatClient:
    """One conversation as its visitor sees it."""

    http: aiohttp.ClientSession
    public_url: str
    socket_url: str
    conversation_id: UUID
    token: str
    ping_seconds: float = 0.1
    dead_seconds: float = 0.5
    ack_seconds: float = 0.5
    poll_seconds: float = 0.1
    lines: list[dict[str, Any]] = field(default_factory=list)
    ticked: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    state: str = ""
    frames: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    closes: list[int] = field(default_factory=list)
    sockets: int = 0
    polls: int = 0
    cursor: int = 0
    _outbox: list[dict[str, str]] = field(default_factory=list)
    _failures: int = 0
    _socket: ClientConnection | None = None
    _live: bool = False
    _sent_at: float = 0.0
    _heard_at: float = 0.0

    @property
    def texts(self) -> list[str]:
        """What the conversation reads."""
        return [line["text"] for line in self.lines]

    @property
    def is_live(self) -> bool:
        """Whether a socket has said it is ready."""
        return self._live

    def write(self, text: str) -> str:
        """Queue a line; returns its cid."""
        cid = str(new_id())
        self._outbox.append({"cid": cid, "text": text})
        self._sent_at = 0.0
        return cid

    async def run(self) -> None:
        """Stay joined until cancelled."""
        while True:
            with contextlib.suppress(OSError, websockets.WebSocketException, TimeoutError):
                await self._one_socket()
            self._live = False
            self._socket = None
            if self._failures >= 2:
                await self._poll()
            await asyncio.sleep(0.02)

    async def _one_socket(self) -> None:
        self._failures += 1
        async with asyncio.timeout(2):
            socket = await connect(self.socket_url, ping_interval=None, close_timeout=0.2)
        async with socket:
            self.sockets += 1
            self._socket = socket
            self._heard_at = monotonic()
            await self._tell({"type": "hello", "token": self.token, "last_seq": self.cursor})
            pinged = monotonic()
            try:
                while True:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(0.02):
                            await self._heard(json.loads(await socket.recv()))
                    now = monotonic()
                    if now - self._heard_at > self.dead_seconds:
                        return
                    if now - pinged > self.ping_seconds:
                        pinged = now
                        await self._tell({"type": "ping"})
                    await self._pump(now)
            except websockets.ConnectionClosed as closed:
                if closed.rcvd is not None:
                    self.closes.append(closed.rcvd.code)
                raise

    async def _heard(self, frame: dict[str, Any]) -> None:
        self._heard_at = monotonic()
        self.frames[frame["type"]] += 1
        match frame["type"]:
            case "ready":
                self._live = True
                self._failures = 0
                self._sent_at = 0.0
                self.state = frame["state"]
            case "message":
                if frame["seq"] == self.cursor + 1:
                    self._take(frame)
                elif frame["seq"] > self.cursor + 1:
                    await self._fetch()
            case "ack":
                self._stored(frame["cid"])
            case "state":
                self.state = frame["state"]
            case "resync":
                self.cursor = 0
                self.lines.clear()
            case "error":
                self.errors.append(frame["code"])
                if "cid" in frame and frame["retry_after"] is None:
                    self.failed[frame["cid"]] = frame["code"]
                    self._outbox = [one for one in self._outbox if one["cid"] != frame["cid"]]

    async def _pump(self, now: float) -> None:
        """Send the oldest line, once; again only when its answer is overdue."""
        if self._live and self._outbox and now - self._sent_at > self.ack_seconds:
            self._sent_at = now
            await self._tell({"type": "send", **self._outbox[0]})

    async def _tell(self, frame: dict[str, Any]) -> None:
        assert self._socket is not None
        await self._socket.send(json.dumps(frame))

    async def _poll(self) -> None:
        self.polls += 1
        try:
            await self._fetch()
            if self._outbox:
                async with self.http.post(
                    self._url("messages"), json=self._outbox[0], headers=self._bearer()
                ) as answer:
                    if answer.status == 201:
                        self._stored((await answer.json())["cid"])
        except (OSError, aiohttp.ClientError, TimeoutError):
            pass
        await asyncio.sleep(self.poll_seconds)

    async def _fetch(self) -> None:
        async with self.http.get(
            self._url("messages"), params={"after": str(self.cursor)}, headers=self._bearer()
        ) as answer:
            if answer.status == 200:
                document = await answer.json()
                self.state = document["state"]
                for line in document["messages"]:
                    if line["seq"] > self.cursor:
                        self._take(line)

    def _take(self, line: dict[str, Any]) -> None:
        self.cursor = line["seq"]
        self.lines.append(line)

    def _stored(self, cid: str) -> None:
        self.ticked.add(cid)
        self._outbox = [one for one in self._outbox if one["cid"] != cid]
        self._sent_at = 0.0

    def _url(self, tail: str) -> str:
        return f"{self.public_url}/chat/conversations/{self.conversation_id}/{tail}"

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@contextlib.asynccontextmanager
async def visitor(
    public_url: str, *, socket_url: str | None = None, join: bool = True, **pace: float
) -> AsyncIterator[ChatClient]:
    """Open a conversation over HTTP and, with `join`, stay in it until left."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
        async with http.post(f"{public_url}/chat/conversations", json={}) as answer:
            assert answer.status == 201, await answer.text()
            opened = await answer.json()
        client = ChatClient(
            http,
            public_url,
            socket_url or opened["socket_url"],
            UUID(opened["conversation_id"]),
            opened["token"],
            **pace,  # type: ignore[arg-type]
        )
        task = asyncio.ensure_future(client.run()) if join else None
        try:
            yield client
        finally:
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
