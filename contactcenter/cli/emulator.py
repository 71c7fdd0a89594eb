"""`emulator`: the telephone network alone, in a process of its own."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from config.log import configure_logging
from contactcenter.cli.running import run_async
from contactcenter.telephony.emulator.config import EmulatorConfig, read_config
from contactcenter.telephony.emulator.server import emulator_server


def emulator(
    config_file: Annotated[
        Path, typer.Argument(help="Its account, number and addresses: JSON, mode 0600.")
    ],
) -> None:
    """Serve an emulated telephone network and its phone page; never for real callers."""
    configure_logging()
    run_async(_serve(read_config(config_file)))


async def _serve(config: EmulatorConfig) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with emulator_server(config) as server:
        print(f"{server.url}/", flush=True)
        await stopped.wait()
