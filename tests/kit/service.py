"""The real service in a process of its own: started, read, killed, started again."""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contactcenter.cli.demo_accounts import FILE as ACCOUNTS
from contactcenter.engines.child import launch_arguments
from tests.kit.engines import DatabaseAddresses
from tests.kit.stem import ROOT, Forked, stem_of_tests
from tests.kit.until import until

READY_SECONDS = 40.0
STOP_SECONDS = 30.0
ANY_PORT = {f"{name}_PORT": "0" for name in ("PUBLIC", "CHAT", "STAFF", "EMULATOR", "METRICS")}


@dataclass(frozen=True)
class Prepared:
    """Engines that serve already, and a folder whose keys and accounts their records know."""

    database: DatabaseAddresses
    redis_url: str
    folder: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The settings that name the engines."""
        return {
            "DATABASE_URL": self.database.runtime,
            "MIGRATE_DATABASE_URL": self.database.owner,
            "REDIS_URL": self.redis_url,
        }

    def fill(self, data_dir: Path) -> None:
        """Give a demo that is new the keys and accounts, instead of letting it make its own."""
        if self.folder is not None and not data_dir.exists():
            data_dir.mkdir(mode=0o700)
            shutil.copytree(self.folder / "keys", data_dir / "keys")
            shutil.copy2(self.folder / ACCOUNTS, data_dir)


_prepared: list[Prepared] = []


@contextmanager
def demos_on(prepared: Prepared) -> Iterator[None]:
    """Let demos use what is prepared until the block ends.

    To make a cluster and eight accounts takes as long as many a test of something else.
    """
    _prepared.append(prepared)
    try:
        yield
    finally:
        _prepared.pop()


@dataclass
class RunningService:
    """A child that serves; `ready` is what its ready file said (the demo only)."""

    process: asyncio.subprocess.Process | Forked
    output: Path
    ready: dict[str, Any]

    @property
    def pid(self) -> int:
        return self.process.pid

    async def kill(self) -> None:
        """Kill it as the kernel would, without a last word."""
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """Ask it to drain; return its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOP_SECONDS):
            return await self.process.wait()


@asynccontextmanager
async def running_demo(
    data_dir: Path, environment: Mapping[str, str] = ANY_PORT
) -> AsyncIterator[RunningService]:
    """Run `contactcenter demo` on a folder until the block ends; any port, unless told."""
    ready_file = data_dir.with_suffix(".ready.json")
    ready_file.unlink(missing_ok=True)
    arguments = ["demo", "--data-dir", str(data_dir), "--ready-file", str(ready_file)]
    given = dict(environment)
    for prepared in _prepared[-1:]:
        prepared.fill(data_dir)
        given = prepared.environment | given
    async with running(arguments, data_dir.with_suffix(".out"), given) as service:
        await until(
            lambda: ready_file.exists() or service.process.returncode is not None, READY_SECONDS
        )
        assert ready_file.exists(), service.output.read_text()[-4000:]
        service.ready = json.loads(ready_file.read_text())
        yield service


@asynccontextmanager
async def running(
    arguments: list[str],
    output: Path,
    environment: Mapping[str, str],
    *,
    module: str = "contactcenter",
) -> AsyncIterator[RunningService]:
    """Run the command with these arguments and settings; it dies with the test, if not before."""
    with output.open("ab") as file:
        process = await _start(module, arguments, file.fileno(), environment)
    service = RunningService(process, output, {})
    try:
        yield service
    finally:
        try:
            await service.stop()
        finally:
            if process.returncode is None:
                await service.kill()


async def _start(
    module: str, arguments: list[str], output: int, environment: Mapping[str, str]
) -> asyncio.subprocess.Process | Forked:
    env = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), **environment}
    stem = stem_of_tests.get()
    if stem is not None:
        with Path(os.devnull).open("rb") as nothing:  # noqa: ASYNC230 - no disk is behind it
            return stem.fork(
                module,
                arguments,
                cwd=ROOT,
                environment=env,
                stdin=nothing.fileno(),
                stdout=output,
                stderr=output,
            )
    program = [sys.executable, "-m", module, *arguments]
    return await asyncio.create_subprocess_exec(
        *launch_arguments(program, death_signal=signal.SIGKILL, identity=None),
        cwd=ROOT,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
