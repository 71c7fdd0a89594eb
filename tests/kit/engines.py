"""Real PostgreSQL and Valkey for the tests: once per test process, a fresh database per test."""

import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
from redis.asyncio import Redis

from contactcenter.engines import Engines
from contactcenter.engines.child import launch_arguments

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
TEMPLATE = "contactcenter"


@dataclass(frozen=True)
class DatabaseAddresses:
    """One test's own database, by role."""

    runtime: str
    owner: str
    admin: str

    @property
    def name(self) -> str:
        """The database's name."""
        return urlsplit(self.admin).path.removeprefix("/")


@contextmanager
def engine_host(folder: Path, *options: str) -> Iterator[tuple[Engines, int]]:
    """Start the engines in a child that dies with us, by whatever death; give its pid too."""
    program = [sys.executable, "-m", "tests.kit.engine_host", str(folder), *options]
    log = folder.with_suffix(".log")
    with log.open("wb") as errors:
        host = subprocess.Popen(
            launch_arguments(program, death_signal=signal.SIGKILL, identity=None),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
    assert host.stdin is not None
    assert host.stdout is not None
    try:
        line = host.stdout.readline()
        if not line:
            raise RuntimeError(f"the engines did not start:\n{log.read_text()[-4000:]}")
        yield Engines(**json.loads(line)), host.pid
    finally:
        host.stdin.close()
        try:
            host.wait(START_SECONDS)
        finally:
            host.kill()
            host.wait()
            host.stdout.close()


def in_database(address: str, name: str) -> str:
    """Return `address` with another database name."""
    return urlsplit(address)._replace(path=f"/{name}").geturl()


def addresses_of(engines: Engines, name: str) -> DatabaseAddresses:
    """Return the addresses of a database, by role."""
    return DatabaseAddresses(
        runtime=in_database(engines.database_url, name),
        owner=in_database(engines.migrate_database_url, name),
        admin=in_database(engines.admin_database_url, name),
    )


async def create_database(engines: Engines, name: str, *, template: str = TEMPLATE) -> None:
    """Copy a template; `template0` gives an empty database that belongs to the owner role."""
    owner = urlsplit(engines.migrate_database_url).username
    async with _superuser(engines) as admin:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {owner}")


async def drop_database(engines: Engines, name: str) -> None:
    """Drop a database, whoever is still connected."""
    async with _superuser(engines) as admin:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def fresh_database(
    engines: Engines, *, template: str = TEMPLATE
) -> AsyncIterator[DatabaseAddresses]:
    """Make a database from a template, and drop it afterwards."""
    name = f"test_{uuid4().hex}"
    await create_database(engines, name, template=template)
    yield addresses_of(engines, name)
    await drop_database(engines, name)


@asynccontextmanager
async def _superuser(engines: Engines) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    admin = await asyncpg.connect(in_database(engines.admin_database_url, "postgres"), timeout=10)
    try:
        yield admin
    finally:
        await admin.close(timeout=10)


async def emptied_index(engines: Engines) -> str:
    """Return the index's address, with nothing in it."""
    redis = Redis.from_url(engines.redis_url)
    try:
        await redis.flushall()
    finally:
        await redis.aclose()
    return engines.redis_url
