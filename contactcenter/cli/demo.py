"""`demo`: everything on this machine, nothing anywhere else."""

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, TextIO

import typer

from config.clock import SystemClock
from config.errors import Misconfigured
from config.helpline.helpline import Helpline
from config.helpline.load import load_helpline
from config.log import configure_logging
from config.settings import Settings, load_settings
from contactcenter.app import Addresses, run
from contactcenter.cli.demo_accounts import DemoAccount, make_accounts
from contactcenter.cli.demo_report import codes_line, ready_content, table
from contactcenter.cli.embedded import on_embedded_engines
from contactcenter.cli.keys import with_keys
from contactcenter.cli.ports import with_ports
from contactcenter.cli.running import run_async
from contactcenter.cli.schema import migrate_with
from contactcenter.cli.serve import EVERY_ROLE, PORTS
from contactcenter.cli.telephone import emulator_process, with_emulated_account
from contactcenter.engines.folder import in_use, private_log, write_private

CODES_SECONDS = 1.0
LOG_KEEP_BYTES = 20_000_000


def demo(
    ready_file: Annotated[
        Path | None,
        typer.Option(help="Write addresses and accounts there as JSON, once all answers."),
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where the records live (DATA_DIR, else .data).")
    ] = None,
) -> None:
    """Run the whole service with emulated telephony and fictional staff; Ctrl-C stops it.

    The records are found again by the next demo on the same folder. Uses
    DATABASE_URL and REDIS_URL when both are given, else engines of its own.
    """
    settings = load_settings()
    if data_dir is not None:
        settings = settings.model_copy(update={"data_dir": data_dir})
    helpline = load_helpline(settings.helpline_dir)
    if ready_file is not None and not in_use(settings.data_dir):
        # Left by a demo that was killed; that of a running one is its own.
        ready_file.unlink(missing_ok=True)
    with _log_file(settings.data_dir) as log:
        # The terminal is for the table; the log goes beside the records.
        configure_logging(settings.log_level, log)
        code = run_async(_demo(settings, helpline, ready_file))
    sys.exit(code)


def _log_file(data_dir: Path) -> TextIO:
    folder = data_dir.absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / "demo.log"
        if path.exists() and path.stat().st_size > LOG_KEEP_BYTES:
            path.replace(folder / "demo.log.old")
        return os.fdopen(private_log(path), "a", encoding="utf-8", buffering=1)
    except OSError as error:
        raise Misconfigured([f"DATA_DIR: {folder}: {error.strerror}"]) from None


async def _demo(settings: Settings, helpline: Helpline, ready_file: Path | None) -> int:
    settings = with_ports(settings, *PORTS, "emulator_port")
    async with AsyncExitStack() as stack:
        settings = await _with_engines(stack, settings)
        if ready_file is not None:
            stack.callback(ready_file.unlink, missing_ok=True)
        accounts = await make_accounts(settings, helpline)
        settings = with_emulated_account(settings, helpline)
        await stack.enter_async_context(emulator_process(settings, helpline))
        announced = asyncio.Event()

        def ready(addresses: Addresses) -> None:
            # The table first: whoever waits for the file may read the output at once.
            print(table(settings, addresses, accounts, SystemClock().now()), flush=True)
            if ready_file is not None:
                write_private(ready_file, ready_content(settings, addresses, accounts))
            announced.set()

        async with asyncio.TaskGroup() as group:
            codes = group.create_task(_show_codes(accounts, announced))
            code = await run(settings, helpline, roles=EVERY_ROLE, ready=ready)
            codes.cancel()
    return code


async def _with_engines(stack: AsyncExitStack, settings: Settings) -> Settings:
    given = [name for name in ("database_url", "redis_url") if getattr(settings, name) is not None]
    if not given:
        return await stack.enter_async_context(on_embedded_engines(settings))
    settings.require("database_url", "redis_url", "migrate_database_url")
    await migrate_with(settings)
    return with_keys(settings)


async def _show_codes(accounts: list[DemoAccount], announced: asyncio.Event) -> None:
    """Keep the one-time codes current on the last line of a terminal; a file gets none."""
    if not sys.stdout.isatty():
        return
    await announced.wait()
    try:
        while True:
            print(f"\r\x1b[K{codes_line(accounts, SystemClock().now())}", end="", flush=True)
            await asyncio.sleep(CODES_SECONDS)
    finally:
        print()
