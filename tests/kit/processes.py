"""Looking at real processes: who still runs in a folder, and killing them."""

import os
import signal
from pathlib import Path

import psutil


def running_in(folder: Path) -> list[psutil.Process]:
    """Return the living processes whose working folder is `folder` or below it."""
    inside = str(folder.resolve())
    found = []
    for process in psutil.process_iter():
        try:
            here = process.cwd()
            if (here == inside or here.startswith(f"{inside}/")) and (
                process.status() != psutil.STATUS_ZOMBIE
            ):
                found.append(process)
        except psutil.Error:
            continue
    return found


def kill(pid: int) -> None:
    """Send SIGKILL, which nobody can catch."""
    os.kill(pid, signal.SIGKILL)
