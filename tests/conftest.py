"""Fixtures of every test: real engines, started when the first test asks for them."""

from collections.abc import AsyncIterator, Iterator

import pytest

from contactcenter.engines import Engines
from tests.kit.engines import DatabaseAddresses, emptied_index, engine_host, fresh_database


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    """Running PostgreSQL and Valkey of this test process; the template database is migrated."""
    with engine_host(tmp_path_factory.mktemp("engines") / "data") as (running, _pid):
        yield running


@pytest.fixture
async def database(engines: Engines) -> AsyncIterator[DatabaseAddresses]:
    """A migrated database of this test's own."""
    async with fresh_database(engines) as addresses:
        yield addresses


@pytest.fixture
async def blank_database(engines: Engines) -> AsyncIterator[DatabaseAddresses]:
    """An empty database of this test's own, for tests of migrations."""
    async with fresh_database(engines, template="template0") as addresses:
        yield addresses


@pytest.fixture
def database_url(database: DatabaseAddresses) -> str:
    """The run-time role's address of this test's database."""
    return database.runtime


@pytest.fixture
def migrate_database_url(database: DatabaseAddresses) -> str:
    """The owner role's address of the same database."""
    return database.owner


@pytest.fixture
def admin_database_url(database: DatabaseAddresses) -> str:
    """The superuser's address of the same database."""
    return database.admin


@pytest.fixture
async def redis_url(engines: Engines) -> str:
    """The index, emptied."""
    return await emptied_index(engines)
