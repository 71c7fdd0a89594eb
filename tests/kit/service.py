"""The real service in a process of its own: started, read, killed, started again."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contactcenter.engines.child import launch_arguments
from tests.kit.until import until

ROOT = Path(__file__).parents[2]
READY_SECONDS = 40.0
STOP_SECONDS = 30.0
ANY_PORT = {f"{name}_PORT": "0" for name in ("PUBLIC", "CHAT", "STAFF", "EMULATOR", "METRICS")}


@dataclass
class RunningService:
    """A child that serves; `ready` is what its ready file said (the demo only)."""

    process: asyncio.subprocess.Process
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
    async with running(arguments, data_dir.with_suffix(".out"), environment) as service:
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
    program = [sys.executable, "-m", module, *arguments]
    with output.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *launch_arguments(program, death_signal=signal.SIGKILL, identity=None),
            cwd=ROOT,
            env={"PATH": os.defpath, "PYTHONPATH": str(ROOT), **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    service = RunningService(process, output, {})
    try:
        yield service
    finally:
        try:
            await service.stop()
        finally:
            if process.returncode is None:
                await service.kill()
