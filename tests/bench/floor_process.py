"""A floor's process, which dies with ours by whatever death."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from contactcenter.engines.child import launch_arguments
from tests.bench.load import BenchFailed

ROOT = Path(__file__).parents[2]
START_SECONDS = 10.0
STOP_SECONDS = 5.0


@asynccontextmanager
async def floor_process(name: str, **parameters: Any) -> AsyncIterator[int]:
    """Serve a floor until the block ends; yields its port on 127.0.0.1."""
    program = [sys.executable, "-m", "tests.bench.floors", name]
    process = await asyncio.create_subprocess_exec(
        *launch_arguments(program, death_signal=signal.SIGKILL, identity=None),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        # Not on the command line: it holds a password.
        process.stdin.write(json.dumps(parameters).encode() + b"\n")
        async with asyncio.timeout(START_SECONDS):
            line = await process.stdout.readline()
        if not line:
            raise BenchFailed(f"the floor {name} did not start")
        yield int(line)
    finally:
        await _stop(process, process.stdin)


async def _stop(process: asyncio.subprocess.Process, stdin: asyncio.StreamWriter) -> None:
    stdin.close()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
