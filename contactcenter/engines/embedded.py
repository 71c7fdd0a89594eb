"""Both engines for the length of an `async with`."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from contactcenter.engines import binaries, postgres, valkey
from contactcenter.engines.folder import EngineFolder, claimed
from contactcenter.engines.identity import engine_identity
from contactcenter.engines.keeper import StartFailed, kept_running
from contactcenter.engines.process import EngineProcess

PORT_TRIES = 5


@dataclass(frozen=True, repr=False)
class Engines:
    """Addresses of running engines; they hold passwords, so they have no repr."""

    database_url: str  # the run-time role
    migrate_database_url: str  # the owner role
    admin_database_url: str  # the superuser: tests and backups
    redis_url: str
    postgres_pid: int  # of the first start, as is the next one
    valkey_pid: int


class _OnPort(Protocol):
    def __call__(self, port: int) -> EngineProcess: ...


@asynccontextmanager
async def embedded_engines(
    data_dir: Path, *, durable: bool = True, valkey_persist: bool = False
) -> AsyncIterator[Engines]:
    """Serve PostgreSQL and Valkey on loopback from `data_dir`/engines until the block ends.

    They run as `nobody` when we are root, die with us even by `kill -9`, and
    are started again when they die alone. `durable=False` gives up fsync and
    is for tests. Call it from the main thread, and enter and leave it in one task.

    Raises Misconfigured (folder in use, not ours, wheels missing) and
    Unavailable (an engine does not start, or dies again and again: this
    cancels the block).
    """
    identity = engine_identity()
    programs = await binaries.runnable(binaries.installed(), identity)
    async with claimed(data_dir, identity) as folder:
        await postgres.make_cluster(folder, programs)
        async with (
            _running(
                lambda port: postgres.postgres_process(folder, programs, port, durable=durable)
            ) as (database, database_port),
            _running(
                lambda port: valkey.valkey_process(folder, programs, port, persist=valkey_persist)
            ) as (index, index_port),
        ):
            await postgres.make_roles(folder.passwords, database_port)
            async with kept_running(database, index):
                yield _addresses(folder, database_port, index_port, database.pid, index.pid)


def _addresses(
    folder: EngineFolder, database_port: int, index_port: int, postgres_pid: int, valkey_pid: int
) -> Engines:
    secret = folder.passwords
    return Engines(
        database_url=postgres.address(postgres.APP_ROLE, secret.app, database_port),
        migrate_database_url=postgres.address(postgres.OWNER_ROLE, secret.owner, database_port),
        admin_database_url=postgres.address(postgres.SUPERUSER, secret.superuser, database_port),
        redis_url=f"redis://:{secret.valkey}@127.0.0.1:{index_port}/0",
        postgres_pid=postgres_pid,
        valkey_pid=valkey_pid,
    )


def free_port() -> int:
    """Return a loopback port nobody listens on now; another process may take it before us."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def _running(on_port: _OnPort) -> AsyncIterator[tuple[EngineProcess, int]]:
    for last_try in (*[False] * (PORT_TRIES - 1), True):
        port = free_port()
        engine = on_port(port)
        try:
            await engine.start()
            break
        except StartFailed:
            if last_try:
                raise
    try:
        yield engine, port
    finally:
        await engine.stop()
