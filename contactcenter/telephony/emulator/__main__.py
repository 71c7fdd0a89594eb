"""`python -m contactcenter.telephony.emulator FILE`: the emulator in its own process.

FILE is an `EmulatorConfig` as JSON, readable by its owner only. Once it serves,
one line of JSON goes to standard output: `{"event": "ready", "url": …, "port": …}`.
It ends on SIGTERM or SIGINT, and with its parent when the configuration says so.
"""

import asyncio
import ctypes
import json
import os
import signal
import sys
from pathlib import Path

from config.errors import Misconfigured
from config.log import configure_logging, log_uncaught_errors
from contactcenter.telephony.emulator.config import EmulatorConfig, read_config
from contactcenter.telephony.emulator.server import emulator_server

PR_SET_PDEATHSIG = 1


def main() -> int:
    """Serve; 0 when asked to stop, 2 when the configuration is wrong or the port taken."""
    configure_logging()
    log_uncaught_errors()
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m contactcenter.telephony.emulator FILE\n")
        return 2
    parent = os.getppid()
    try:
        config = read_config(Path(sys.argv[1]))
    except Misconfigured as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if config.die_with_parent:
        _die_with(parent)
    try:
        asyncio.run(_serve(config))
    except OSError as error:
        sys.stderr.write(f"{config.host}:{config.port}: {error.strerror}\n")
        return 2
    return 0


async def _serve(config: EmulatorConfig) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with emulator_server(config) as emulator:
        ready = {"event": "ready", "url": emulator.url, "port": emulator.port}
        sys.stdout.write(f"{json.dumps(ready)}\n")
        sys.stdout.flush()
        await stop.wait()


def _die_with(parent: int) -> None:
    """Ask Linux to kill us when our parent dies, even by SIGKILL; it may have died already."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
