"""The seats of the race's nodes: a process is forked into one, dies, and another takes its place."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.vocabulary import Channel
from contactcenter.engines.child import launch_arguments

ROOT = Path(__file__).parents[2]
ANSWER_SECONDS = 5.0  # then another node is asked


@dataclass
class Seat:
    """The place of one node: its process dies and another takes it."""

    told: dict[str, Any]
    is_ready: bool = False
    order: str = "go"
    pid: int = 0
    was_killed: bool = False
    _answered: dict[int, "asyncio.Future[bool]"] = field(default_factory=dict)
    _writer: asyncio.StreamWriter | None = None

    async def live_once(self, stem: "Stem") -> None:
        """Seat a process here and hear its answers until it dies."""
        self.pid, reader, self._writer = await stem.node()
        self.was_killed = False
        self.say(json.dumps({**self.told, "order": self.order}))
        try:
            with suppress(ConnectionError):
                while words := (await reader.readline()).decode().split():
                    self._heard(words)
        finally:
            self.is_ready = False
            for waiting in self._answered.values():
                waiting.cancel()
            self._writer.close()
            with suppress(ConnectionError):
                await self._writer.wait_closed()

    def _heard(self, words: list[str]) -> None:
        if words[0] == "ready":
            self.is_ready = True
        elif (waiting := self._answered.get(int(words[1]))) and not waiting.done():
            waiting.set_result(words[0] == "in")

    def say(self, line: str) -> None:
        """Send a line; a dead process hears nothing."""
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(line.encode() + b"\n")

    def kill(self) -> None:
        """End the process as the kernel would, without a last word."""
        self.is_ready, self.was_killed = False, True
        os.kill(self.pid, signal.SIGKILL)

    async def take_in(self, number: int, channel: Channel) -> bool:
        """Bring a contact here; False when it is not known to be committed."""
        waiting = self._answered[number] = asyncio.get_running_loop().create_future()
        self.say(f"in {number} {channel.value}")
        try:
            await asyncio.wait([waiting], timeout=ANSWER_SECONDS)
            return waiting.done() and not waiting.cancelled() and waiting.result()
        finally:
            del self._answered[number]


class Stem:
    """The process from which nodes are forked; see tests.kit.race_stem."""

    def __init__(self, end: socket.socket) -> None:
        """Ask it through this end of its socket."""
        self._end = end
        self._asking = asyncio.Lock()

    async def node(self) -> tuple[int, asyncio.StreamReader, asyncio.StreamWriter]:
        """Return a new node's pid, and the ways from and to it."""
        loop = asyncio.get_running_loop()
        ours, its = socket.socketpair()
        try:
            async with self._asking:
                with its:
                    socket.send_fds(self._end, [b"n"], [its.fileno()])
                answer = await loop.sock_recv(self._end, 8)
            assert answer, "the nodes' parent has ended"
            return int.from_bytes(answer, "big"), *await asyncio.open_connection(sock=ours)
        except BaseException:
            ours.close()
            its.close()
            raise


@asynccontextmanager
async def stem_process(log: Path) -> AsyncIterator[Stem]:
    """Run the stem for the length of a block; every node dies with it."""
    ours, its = socket.socketpair()
    ours.setblocking(False)
    program = [sys.executable, "-m", "tests.kit.race_stem"]
    with its, log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *launch_arguments(program, death_signal=signal.SIGKILL, identity=None),
            cwd=ROOT,
            stdin=its.fileno(),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    with ours:
        try:
            yield Stem(ours)
        finally:
            process.kill()
            await process.wait()
