"""A child process that never outlives us, whatever kills us."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from contactcenter.engines.identity import Identity

LAUNCHER = Path(__file__).with_name("launch.py")

# What the environment of an engine holds: nothing of ours (PGDATA, LD_PRELOAD, secrets).
BARE_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def launch_arguments(
    program: Sequence[str | Path], *, death_signal: signal.Signals, identity: Identity | None
) -> list[str]:
    """Return the command that runs `program` as `identity`, tied to this process's life."""
    uid, gid = (identity.uid, identity.gid) if identity and identity.changes else (-1, -1)
    # -I -S: nothing of the user's environment or site-packages runs as root.
    launcher = [sys.executable, "-I", "-S", LAUNCHER]
    numbers = [os.getpid(), int(death_signal), uid, gid]
    return [str(part) for part in (*launcher, *numbers, *program)]


async def spawn(
    program: Sequence[str | Path],
    *,
    cwd: Path,
    output: int,
    death_signal: signal.Signals,
    identity: Identity | None = None,
    inherit: Iterable[int] = (),
    environment: Mapping[str, str] = BARE_ENVIRONMENT,
) -> asyncio.subprocess.Process:
    """Start `program` in its own session, so that Ctrl-C reaches it only through us.

    `program[0]` is an absolute path. The kernel sends `death_signal` when the
    *thread* that forked ends, hence the main thread only: a worker thread of
    a pool would take the engine with it.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("a child that dies with us is spawned from the main thread")
    return await asyncio.create_subprocess_exec(
        *launch_arguments(program, death_signal=death_signal, identity=identity),
        cwd=cwd,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=tuple(inherit),
        start_new_session=True,
    )


async def stop(
    process: asyncio.subprocess.Process, signals: Sequence[tuple[signal.Signals, float]]
) -> None:
    """Ask `process` to end by each (signal, seconds to wait) in turn, then kill its session."""
    for number, seconds in signals:
        if process.returncode is not None:
            return
        process.send_signal(number)
        try:
            async with asyncio.timeout(seconds):
                await process.wait()
        except TimeoutError:
            continue
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
