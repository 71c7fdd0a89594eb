"""A Valkey of one's own on a Unix socket, spoken to synchronously: real Lua at the least cost.

The simulation asks it tens of thousands of times in a few seconds, so nothing
stands between: one socket, hiredis, no pool, no event loop. Time-outs, retries
and lost messages are what the simulated network is for.
"""

import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hiredis
from redis.exceptions import NoScriptError, ResponseError

from config.clock import monotonic
from contactcenter.engines.binaries import installed
from contactcenter.engines.child import launch_arguments

START_SECONDS = 20.0
READ_BYTES = 65_536
# Answers come within some 20 us when one looks for them, 60 when one sleeps until woken. But on a
# busy machine looking takes the core that Valkey needs: each vain look halves the next ones.
LOOKS_AT_MOST, LOOKS_AT_LEAST = 120, 2

Word = str | int | float | bytes | memoryview


class Valkey:
    """One connection; every call waits for its answer."""

    def __init__(self, path: Path) -> None:
        """Connect to the socket at `path`."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._reader = hiredis.Reader(encoding="utf-8", errors="surrogateescape")
        self._raw = hiredis.Reader()
        self._looks = LOOKS_AT_MOST
        self.calls = 0

    def call(self, *words: Word) -> Any:
        """Carry out one command; an error reply is raised as the real client does."""
        self.calls += 1
        self._socket.sendall(hiredis.pack_command(words))
        reply = self._read(self._reader)
        if isinstance(reply, hiredis.ReplyError):
            raise _refusal(str(reply))
        return reply

    def both(self, words: Sequence[Word], then: Sequence[Word]) -> tuple[Any, Any]:
        """Carry out two commands in one round trip; an error of the first is raised."""
        self.calls += 2
        first, second = hiredis.pack_command(tuple(words)), hiredis.pack_command(tuple(then))
        self._socket.sendall(first + second)
        reply, answer = self._read(self._reader), self._read(self._reader)
        if isinstance(reply, hiredis.ReplyError):
            raise _refusal(str(reply))
        return reply, answer

    def pipeline(self, commands: Sequence[Sequence[Word]], *, raw: bool = False) -> list[Any]:
        """Carry out many commands in one round trip; errors are among the answers.

        `raw` answers bytes, as DUMP's answers are.
        """
        self.calls += len(commands)
        self._socket.sendall(b"".join(hiredis.pack_command(tuple(words)) for words in commands))
        reader = self._raw if raw else self._reader
        return [self._read(reader) for _ in commands]

    def _read(self, reader: hiredis.Reader) -> Any:
        reply = reader.gets()
        while reply is False:
            reader.feed(self._received())
            reply = reader.gets()
        return reply

    def _received(self) -> bytes:
        for _ in range(self._looks):
            try:
                data = self._socket.recv(READ_BYTES, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            self._looks = min(LOOKS_AT_MOST, self._looks + 2)
            break
        else:
            self._looks = max(LOOKS_AT_LEAST, self._looks // 2)
            data = self._socket.recv(READ_BYTES)
        if not data:
            raise ConnectionError("Valkey is gone")
        return data

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def _refusal(text: str) -> ResponseError:
    kind, _, rest = text.partition(" ")
    return NoScriptError(rest) if kind == "NOSCRIPT" else ResponseError(text)


@contextmanager
def running_valkey() -> Iterator[Valkey]:
    """Start an engine that dies with us, keep nothing on disk, and give a connection to it."""
    folder = Path(tempfile.mkdtemp(prefix="simulate-"))
    path = folder / "valkey.sock"
    program: list[str | Path] = [
        installed().valkey, "--port", "0", "--unixsocket", path, "--unixsocketperm", "700",
        "--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", folder,
        "--logfile", folder / "valkey.log", "--loglevel", "warning",
    ]  # fmt: skip
    process = subprocess.Popen(
        launch_arguments(program, death_signal=signal.SIGKILL, identity=None),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        valkey = _connected(path, process)
        try:
            yield valkey
        finally:
            valkey.close()
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _connected(path: Path, process: "subprocess.Popen[bytes]") -> Valkey:
    give_up_at = monotonic() + START_SECONDS
    pause = threading.Event()
    while True:
        try:
            return Valkey(path)
        except OSError:
            if process.poll() is not None or monotonic() > give_up_at:
                raise
            pause.wait(0.005)
