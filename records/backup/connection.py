"""The owner's connection for backup and restore: COPY as a stream, watched for standing still."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from sqlalchemy import Table

from config.errors import CentreError, Misconfigured
from records.backup.tables import columns_of
from records.database import Row, Transaction, _prepare_connection
from records.migrate import head_revision
from records.refusals import DRIVER_ERRORS, translate, translate_commit

CONNECT_SECONDS = 10.0
# One statement over a whole table, at its longest.
STATEMENT_SECONDS = 3600.0
# A COPY may take as long as the table asks for, as long as something moves. Its end may
# be quiet for a while: foreign keys are checked then.
STANDSTILL_SECONDS = 600.0
LOCK_SECONDS = 10.0
_COPY_SECONDS = 86_400.0

_SESSION = {
    "application_name": "contactcenter backup",
    # COPY's text must not depend on how the server is set up.
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "bytea_output": "hex",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": str(int(LOCK_SECONDS * 1000)),
    "jit": "off",
}


class OwnerConnection:
    """One connection as the owner role; errors of the driver never leave it."""

    def __init__(self, connection: "asyncpg.Connection[Row]") -> None:
        """Use `owner_connection`."""
        self._connection = connection
        # It only ever calls what a pooled connection passes on to a plain one.
        self.tx = Transaction(cast("PoolConnectionProxy[Row]", connection))

    async def revision(self) -> str:
        """Return the schema's revision; raise Misconfigured when it is not this program's."""
        expected = head_revision()
        found = await self.tx.fetch_value("backup.revision")
        if found != expected:
            raise Misconfigured(
                [f"schema: at {found}, this program needs {expected}; run: contactcenter migrate"]
            )
        return expected

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[None]:
        """Read everything as of one instant, changing nothing."""
        async with self._transaction(isolation="repeatable_read", readonly=True):
            yield

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """All of it or nothing; OutcomeUnknown when the connection was lost while committing."""
        async with self._transaction():
            yield

    async def value(self, statement: str) -> Any:
        """Return the first value of a statement made from our own tables' names."""
        with self._translated():
            return await self._connection.fetchval(statement)

    async def run(self, statement: str) -> None:
        """Run a statement made from our own tables' names."""
        with self._translated():
            await self._connection.execute(statement)

    async def copy_out(self, table: Table, take: Callable[[bytes], None]) -> int:
        """Give the rows of a table to `take`, piece by piece; return how many there were."""
        with self._translated():
            async with asyncio.timeout(STANDSTILL_SECONDS) as limit:

                async def pass_on(data: bytes) -> None:
                    take(data)
                    _push_back(limit)

                status = await self._connection.copy_from_table(
                    table.name,
                    schema_name=table.schema or "public",
                    columns=columns_of(table),
                    output=pass_on,
                    format="text",
                    timeout=_COPY_SECONDS,
                )
        return _count(status)

    async def copy_in(self, table: Table, blocks: Iterator[bytes]) -> int:
        """Write rows into a table; return how many."""
        with self._translated():
            async with asyncio.timeout(STANDSTILL_SECONDS) as limit:

                async def pieces() -> AsyncIterator[bytes]:
                    for block in blocks:
                        _push_back(limit)
                        yield block

                status = await self._connection.copy_to_table(
                    table.name,
                    schema_name=table.schema or "public",
                    columns=columns_of(table),
                    source=pieces(),
                    format="text",
                    timeout=_COPY_SECONDS,
                )
        return _count(status)

    @asynccontextmanager
    async def _transaction(self, **options: Any) -> AsyncIterator[None]:
        begun = self._connection.transaction(**options)
        with self._translated():
            await begun.start()
        try:
            yield
        except BaseException:
            with self._translated():
                await begun.rollback()
            raise
        refusal: CentreError | None = None
        try:
            await begun.commit()
        except DRIVER_ERRORS as error:
            refusal = translate_commit(error)
        if refusal is not None:
            raise refusal

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DRIVER_ERRORS as error:
            refusal = translate(error, connected=not self._connection.is_closed())
        else:
            return
        # Without its context: the driver's message quotes the row.
        raise refusal from None


@asynccontextmanager
async def owner_connection(dsn: str) -> AsyncIterator[OwnerConnection]:
    """Connect as the owner role.

    Raises Misconfigured when the database refuses the address, Unavailable
    when it does not answer.
    """
    try:
        connection = await asyncpg.connect(
            dsn,
            timeout=CONNECT_SECONDS,
            command_timeout=STATEMENT_SECONDS,
            server_settings=_SESSION,
        )
        await _prepare_connection(connection)
    except (*DRIVER_ERRORS, ValueError) as error:
        refusal = _refusal(error)
    else:
        try:
            yield OwnerConnection(connection)
        finally:
            await _closed(connection)
        return
    raise refusal


async def _closed(connection: "asyncpg.Connection[Row]") -> None:
    try:
        await connection.close(timeout=CONNECT_SECONDS)
    except DRIVER_ERRORS:
        connection.terminate()


def _refusal(error: Exception) -> CentreError:
    if isinstance(error, ValueError):
        return Misconfigured(["MIGRATE_DATABASE_URL: not an address the driver understands"])
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return Misconfigured(["MIGRATE_DATABASE_URL: the database refuses this role or password"])
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return Misconfigured(["MIGRATE_DATABASE_URL: there is no database of that name"])
    return translate(error)


def _push_back(limit: asyncio.Timeout) -> None:
    limit.reschedule(asyncio.get_running_loop().time() + STANDSTILL_SECONDS)


def _count(status: str) -> int:
    return int(status.rpartition(" ")[2])
