"""One migrated database for all tests of a process, emptied after each: ten times cheaper than new.

Emptied by DELETE, as what tests write is little. Whoever changed the schema, or
wrote much, leaves a database that is thrown away, and the next test has a new one.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg

from contactcenter.engines import Engines
from tests.kit.engines import DatabaseAddresses, addresses_of, create_database, drop_database

MOST_ROWS = 5_000
KEPT = "alembic_version"

# What tests that alter a schema alter of it: tables, columns, rights, triggers, functions,
# constraints, limits and settings, by their rows in the catalogue.
SHAPE = """
SELECT md5(concat(
    (SELECT string_agg(format('%s %s %s', oid, relname, relacl), ',' ORDER BY oid)
       FROM pg_class WHERE relnamespace = ANY (ours)),
    (SELECT string_agg(format('%s %s %s %s', attrelid, attname, attnotnull, attacl), ',' ORDER BY attrelid, attnum)
       FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = ANY (ours)),
    (SELECT string_agg(format('%s %s %s', oid, tgname, tgenabled), ',' ORDER BY oid)
       FROM pg_trigger),
    (SELECT string_agg(format('%s %s %s', oid, md5(prosrc), proacl), ',' ORDER BY oid)
       FROM pg_proc WHERE pronamespace = ANY (ours)),
    (SELECT string_agg(format('%s %s', oid, pg_get_constraintdef(oid)), ',' ORDER BY oid)
       FROM pg_constraint WHERE connamespace = ANY (ours)),
    (SELECT concat(datconnlimit, datallowconn, datacl) FROM pg_database
      WHERE datname = current_database()),
    (SELECT string_agg(setdatabase || array_to_string(setconfig, ','), ',' ORDER BY setdatabase, setrole)
       FROM pg_db_role_setting)))
  FROM (SELECT array_agg(oid) AS ours FROM pg_namespace
         WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema') AS namespaces
"""
TABLES = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
 WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename <> $1
"""
SEQUENCES = "SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences"
OTHERS_LEFT = """
SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class StandingDatabase:
    """The database that tests of one process have, one after the other."""

    def __init__(self, engines: Engines) -> None:
        """Make none yet."""
        self._engines = engines
        self._name: str | None = None
        self._shape = ""

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[DatabaseAddresses]:
        """Lend the database, empty but migrated, for the length of a block."""
        if self._name is None:
            self._name = f"test_{uuid4().hex}"
            await create_database(self._engines, self._name)
            async with self._connected() as admin:
                self._shape = await admin.fetchval(SHAPE)
        try:
            yield addresses_of(self._engines, self._name)
        finally:
            if not await self._emptied():
                name, self._name = self._name, None
                await drop_database(self._engines, name)

    async def _emptied(self) -> bool:
        """Empty the database; False when it is not what it was."""
        try:
            async with self._connected() as admin:
                await admin.execute(OTHERS_LEFT)
                if await admin.fetchval(SHAPE) != self._shape:
                    return False
                return await _delete_all(admin) < MOST_ROWS
        except (asyncpg.PostgresError, OSError, TimeoutError):
            return False

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        assert self._name is not None
        admin = await asyncpg.connect(addresses_of(self._engines, self._name).admin, timeout=10)
        try:
            yield admin
        finally:
            await admin.close(timeout=10)


async def _delete_all(admin: "asyncpg.Connection[asyncpg.Record]") -> int:
    """Delete every row, past triggers and foreign keys; return how many there were."""
    tables = [row[0] for row in await admin.fetch(TABLES, KEPT)]
    sequences = [row[0] for row in await admin.fetch(SEQUENCES)]
    deleted = ", ".join(
        f"d{place} AS (DELETE FROM {table} RETURNING 1)" for place, table in enumerate(tables)
    )
    counted = " + ".join(f"(SELECT count(*) FROM d{place})" for place in range(len(tables)))
    async with admin.transaction():
        await admin.execute("SET LOCAL session_replication_role = replica")
        rows: int = await admin.fetchval(f"WITH {deleted} SELECT {counted}")
        for sequence in sequences:
            await admin.execute(f"ALTER SEQUENCE {sequence} RESTART")
    return rows
