"""One engine: started until it answers, restarted when it dies, stopped in order."""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import structlog

from config.clock import monotonic
from contactcenter.engines.child import spawn, stop
from contactcenter.engines.folder import EngineFolder
from contactcenter.engines.keeper import StartFailed, keep

READY_SECONDS = 60.0  # crash recovery replays the log before PostgreSQL answers
READY_POLL_SECONDS = 0.01

log = structlog.get_logger()


@dataclass
class EngineProcess:
    """A child that serves one port; `answers` tells whether it is ready, given its pid."""

    name: str
    folder: EngineFolder
    program: Sequence[str | Path]
    cwd: Path
    answers: Callable[[int], bool]
    death_signal: signal.Signals
    stop_signals: Sequence[tuple[signal.Signals, float]]
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)

    @property
    def pid(self) -> int:
        """Return the engine's process id; it changes when it is restarted."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Spawn the engine and wait until it answers; raise StartFailed, nothing left behind."""
        output = self.folder.open_log(self.name)
        try:
            self._process = await spawn(
                self.program,
                cwd=self.cwd,
                output=output,
                death_signal=self.death_signal,
                identity=self.folder.identity,
                inherit=[self.folder.lock_fd],
            )
        finally:
            os.close(output)
        try:
            await self._until_ready(self._process)
        except BaseException:
            await self.stop()
            raise
        log.info("engine_ready", engine=self.name, pid=self._process.pid)

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        give_up_at = monotonic() + READY_SECONDS
        while not self.answers(process.pid):
            if process.returncode is not None or monotonic() >= give_up_at:
                raise StartFailed(
                    f"{self.name} did not start; it said:\n{self.folder.log_tail(self.name)}"
                )
            await asyncio.sleep(READY_POLL_SECONDS)

    async def keep_running(self) -> NoReturn:
        """Start the engine again each time it ends; see `keep`."""
        await keep(self.name, self._ended, self.start)

    async def _ended(self) -> int:
        assert self._process is not None
        return await self._process.wait()

    async def stop(self) -> None:
        """End the engine; return once it is gone."""
        if self._process is not None:
            await stop(self._process, self.stop_signals)
