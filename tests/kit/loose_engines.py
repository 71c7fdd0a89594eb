"""Engines that a test stops, freezes and starts again, each by itself, on the same port."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from contactcenter.engines import binaries, postgres, valkey
from contactcenter.engines.folder import claimed
from contactcenter.engines.identity import engine_identity
from contactcenter.engines.process import EngineProcess
from records.migrate import migrate
from tests.kit.engines import DatabaseAddresses
from tests.kit.site import lasting_port


@dataclass
class LooseEngine:
    """One engine; nobody starts it again but the test."""

    process: EngineProcess

    async def kill(self) -> None:
        """End it at once, with all that it started."""
        for each in self._family():
            each.kill()
        await self.process.stop()

    async def start(self) -> None:
        """Start it again, where it was."""
        await self.process.start()

    def freeze(self) -> None:
        """Silence it: its connections stand, and nobody answers."""
        for each in self._family():
            each.suspend()

    def thaw(self) -> None:
        """Let it go on from where it was."""
        for each in self._family():
            each.resume()

    def _family(self) -> list[psutil.Process]:
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]


@dataclass
class LooseEngines:
    """Both, with their addresses."""

    database: DatabaseAddresses
    redis_url: str
    postgres: LooseEngine
    valkey: LooseEngine


@asynccontextmanager
async def loose_engines(folder: Path) -> AsyncIterator[LooseEngines]:
    """Start both on an empty, migrated database; they end with the block."""
    identity = engine_identity()
    programs = await binaries.runnable(binaries.installed(), identity)
    async with claimed(folder, identity) as made:
        await postgres.make_cluster(made, programs)
        database_port, index_port = lasting_port(), lasting_port()
        database = postgres.postgres_process(made, programs, database_port, durable=True)
        index = valkey.valkey_process(made, programs, index_port, persist=False)
        try:
            # Durable, as in production: what is committed outlives the kill.
            await database.start()
            await index.start()
            await postgres.make_roles(made.passwords, database_port)
            addresses = _addresses(made.passwords, database_port)
            await migrate(addresses.owner)
            yield LooseEngines(
                addresses,
                f"redis://:{made.passwords.valkey}@127.0.0.1:{index_port}/0",
                LooseEngine(database),
                LooseEngine(index),
            )
        finally:
            for engine in (database, index):
                _wake(engine.pid)
                await engine.stop()


def _addresses(passwords: object, port: int) -> DatabaseAddresses:
    return DatabaseAddresses(
        runtime=postgres.address(postgres.APP_ROLE, passwords.app, port),
        owner=postgres.address(postgres.OWNER_ROLE, passwords.owner, port),
        admin=postgres.address(postgres.SUPERUSER, passwords.superuser, port),
    )


def _wake(pid: int) -> None:
    """Resume what a failed test left frozen: it could not end otherwise."""
    try:
        for each in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            os.kill(each.pid, signal.SIGCONT)
    except (psutil.Error, ProcessLookupError):
        return
