"""Processes of the service for tests, forked from one that has imported it; see stem_process."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from contactcenter.engines.child import launch_arguments

ROOT = Path(__file__).parents[2]
FORK_SECONDS = 60.0  # the first one waits until everything is imported


class Forked:
    """A child of the stem, with what tests use of `asyncio.subprocess.Process`."""

    def __init__(self, pid: int, report: int) -> None:
        """Learn of the end on the descriptor `report`."""
        self.pid = pid
        self.returncode: int | None = None
        self._report = report
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(report, self._hear)

    def _hear(self) -> None:
        self._loop.remove_reader(self._report)
        # Nothing said: the stem was killed, and its children with it.
        self.returncode = int(os.read(self._report, 16) or -signal.SIGKILL)
        os.close(self._report)
        self._ended.set()

    def send_signal(self, number: int) -> None:
        """Send a signal unless the child has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End the child as the kernel would."""
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        """Return the exit status once the child has ended."""
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode


class Stem:
    """The process that forks, as its parent orders."""

    def __init__(self, end: socket.socket) -> None:
        """Order through this end of the stem's socket."""
        self._end = end

    def fork(
        self,
        module: str,
        arguments: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        stdin: int,
        stdout: int,
        stderr: int,
    ) -> Forked:
        """Run a module as `python -m` would, in a session of its own; it dies with this process."""
        hears, tells = os.pipe()
        order = {
            "module": module,
            "arguments": list(arguments),
            "cwd": str(cwd),
            "environment": dict(environment),
        }
        try:
            socket.send_fds(self._end, [json.dumps(order).encode()], [stdin, stdout, stderr, tells])
            answer = self._end.recv(8)
        finally:
            os.close(tells)
        assert answer, "the stem has ended"
        return Forked(int.from_bytes(answer, "big"), hears)


@contextmanager
def stem_process(log: Path) -> Iterator[Stem]:
    """Run a stem for the length of a block; every child of it dies with it."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(FORK_SECONDS)
    program = [sys.executable, "-m", "tests.kit.stem_process"]
    with its, log.open("ab") as errors:
        process = subprocess.Popen(
            launch_arguments(program, death_signal=signal.SIGKILL, identity=None),
            cwd=ROOT,
            stdin=its.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    with ours:
        try:
            yield Stem(ours)
        finally:
            process.kill()
            process.wait()


class StemOfTests:
    """The one stem of a test process, started when the first test asks for a child."""

    def __init__(self) -> None:
        """Start nothing."""
        self._stem: Stem | None = None
        self._log: Path | None = None
        self._stack = ExitStack()

    @contextmanager
    def usable(self, log: Path) -> Iterator[None]:
        """Let processes come from the stem until the block ends; it writes its errors to `log`."""
        self._log = log
        try:
            yield
        finally:
            self._log = self._stem = None
            self._stack.close()

    def get(self) -> Stem | None:
        """Return the stem; None where processes are started as anybody would."""
        if self._stem is None and self._log is not None:
            self._stem = self._stack.enter_context(stem_process(self._log))
        return self._stem


stem_of_tests = StemOfTests()
