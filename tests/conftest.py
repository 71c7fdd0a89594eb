"""Fixtures of every test: real engines, started when the first test asks for them."""

from collections.abc import AsyncIterator, Iterator

import pytest

from contactcenter.engines import Engines
from tests.kit.engines import DatabaseAddresses, emptied_index, engine_host, fresh_database
from tests.kit.standing_database import StandingDatabase
from tests.kit.stem import stem_of_tests


@pytest.fixture(scope="session", autouse=True)
def stem(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fork the service's processes from one that has imported it, instead of importing anew."""
    with stem_of_tests.usable(tmp_path_factory.getbasetemp() / "stem.log"):
        yield


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    """Running PostgreSQL and Valkey of this test process; the template database is migrated."""
    with engine_host(tmp_path_factory.mktemp("engines") / "data") as (running, _pid):
        yield running


@pytest.fixture(scope="session")
def standing_database(engines: Engines) -> StandingDatabase:
    """The database that tests of this process have one after the other."""
    return StandingDatabase(engines)


@pytest.fixture
async def database(standing_database: StandingDatabase) -> AsyncIterator[DatabaseAddresses]:
    """A migrated database with nothing in it, for this test alone."""
    async with standing_database.lent() as addresses:
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
