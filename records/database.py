"""The way to PostgreSQL: one pool, named statements, short transactions.

    async with Database.open(dsn) as database:
        async with database.transaction() as tx:
            row = await tx.fetch_one("contact.lock", contact_id)

Statements are named `noun.name` and live in records/sql. Errors of the driver
never leave this module; records/refusals.py says what they become.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from config.errors import CentreError, Misconfigured
from records.queries import load_queries
from records.refusals import DRIVER_ERRORS, translate, translate_commit

Row = asyncpg.Record

# How long a roll-back may take before the connection is thrown away instead.
ROLLBACK_SECONDS = 1.0
# A connection nobody asked for in so long goes back to the server: others count on it.
IDLE_SECONDS = 20.0

_holder: ContextVar["asyncio.Task[Any] | None"] = ContextVar("holder", default=None)


class Transaction:
    """One connection, for as long as its `async with` lasts. Not for several tasks at once."""

    def __init__(self, connection: "PoolConnectionProxy[Row]") -> None:
        """Wrap a connection that the database lends."""
        self._connection = connection
        self._queries = load_queries()

    async def fetch(self, name: str, *args: object) -> list[Row]:
        """Return every row of the named statement."""
        try:
            return await self._connection.fetch(self._queries[name], *args)
        except DRIVER_ERRORS as error:
            refusal = self._translate(error)
        raise refusal

    async def fetch_one(self, name: str, *args: object) -> Row | None:
        """Return the first row of the named statement, or None."""
        try:
            return await self._connection.fetchrow(self._queries[name], *args)
        except DRIVER_ERRORS as error:
            refusal = self._translate(error)
        raise refusal

    async def fetch_value(self, name: str, *args: object) -> Any:
        """Return the first column of the first row, or None."""
        row = await self.fetch_one(name, *args)
        return None if row is None else row[0]

    async def execute(self, name: str, *args: object) -> int:
        """Run the named statement and return how many rows it wrote."""
        try:
            status = await self._connection.execute(self._queries[name], *args)
        except DRIVER_ERRORS as error:
            refusal = self._translate(error)
        else:
            count = status.rpartition(" ")[2]
            return int(count) if count.isdigit() else 0
        raise refusal

    async def execute_many(self, name: str, rows: Iterable[Sequence[object]]) -> None:
        """Run the named statement once per row, in one round trip."""
        try:
            await self._connection.executemany(self._queries[name], rows)
        except DRIVER_ERRORS as error:
            refusal = self._translate(error)
        else:
            return
        raise refusal

    def _translate(self, error: Exception) -> CentreError:
        return translate(error, connected=not _is_lost(self._connection))


class Database:
    """A bounded pool of connections as the run-time role."""

    def __init__(self, pool: "asyncpg.Pool[Row]", connect_seconds: float) -> None:
        """Use `open`; this only keeps what it made."""
        self._pool = pool
        self._connect_seconds = connect_seconds

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        dsn: str,
        *,
        pool_size: int = 16,
        idle_seconds: float = IDLE_SECONDS,
        connect_seconds: float = 5,
        statement_seconds: float = 5,
        application_name: str = "contactcenter",
    ) -> AsyncIterator["Database"]:
        """Open the pool; nothing in it waits longer than the seconds given.

        It grows to `pool_size` and, after `idle_seconds` without use, shrinks to one.

        Raises Unavailable when the database does not answer, Misconfigured
        when it answers that this role or database cannot be used.
        """
        load_queries()
        milliseconds = str(int(statement_seconds * 1000))
        # Longer than a statement: whoever waits for a lock gives up before its holder is cut off.
        idle_milliseconds = str(int(statement_seconds * 3000))
        try:
            pool = await asyncpg.create_pool(
                dsn,
                min_size=1,
                max_size=pool_size,
                max_inactive_connection_lifetime=idle_seconds,
                timeout=connect_seconds,
                # The server gives up first; this is for a server that fell silent.
                command_timeout=statement_seconds + 1,
                max_cached_statement_lifetime=0,
                init=_prepare_connection,
                reset=_keep,
                server_settings={
                    "application_name": application_name,
                    "statement_timeout": milliseconds,
                    "lock_timeout": milliseconds,
                    "idle_in_transaction_session_timeout": idle_milliseconds,
                    # Every statement here is short: compiling one costs more than running it.
                    "jit": "off",
                    "timezone": "UTC",
                },
            )
        except (*DRIVER_ERRORS, ValueError) as error:
            refusal = _refusal_at_start(error)
        else:
            try:
                yield cls(pool, connect_seconds)
            finally:
                await _close(pool, connect_seconds)
            return
        raise refusal

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Lend a connection for one transaction: committed at the end, rolled back on any error.

        Raises OutcomeUnknown when the connection was lost while committing:
        read back before trying again.
        """
        async with self._connection() as connection:
            begun = connection.transaction()
            try:
                await begun.start()
            except DRIVER_ERRORS as error:
                refusal: CentreError | None = translate(error)
            else:
                refusal = None
            if refusal is not None:
                raise refusal
            try:
                yield Transaction(connection)
            except BaseException:
                await _roll_back(connection, begun)
                raise
            try:
                await begun.commit()
            except DRIVER_ERRORS as error:
                refusal = translate_commit(error)
                _drop(connection)
        if refusal is not None:
            raise refusal

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """Lend a connection without a transaction: for reads, each statement by itself."""
        async with self._connection() as connection:
            yield Transaction(connection)

    async def act(self, name: str, *args: object) -> Row | None:
        """Run one statement that is a whole transaction, in a single round trip.

        Raises OutcomeUnknown when the connection was lost under it.
        """
        async with self._connection() as connection:
            try:
                return await connection.fetchrow(load_queries()[name], *args)
            except DRIVER_ERRORS as error:
                refusal = translate_commit(error)
        raise refusal

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator["PoolConnectionProxy[Row]"]:
        # A second connection awaited while holding one can starve the pool for
        # ever once every holder does it: refused where it is written, not under load.
        task = asyncio.current_task()
        if _holder.get() is task:
            raise CentreError("a second connection inside a transaction", code="nested_connection")
        try:
            connection = await self._pool.acquire(timeout=self._connect_seconds)
        except DRIVER_ERRORS as error:
            refusal: CentreError | None = translate(error)
        else:
            refusal = None
        if refusal is not None:
            raise refusal
        token = _holder.set(task)
        try:
            yield connection
        finally:
            _holder.reset(token)
            await _give_back(self._pool, connection)


async def _prepare_connection(connection: "asyncpg.Connection[Row]") -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_to_json, decoder=json.loads
    )


def _to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


async def _keep(connection: "asyncpg.Connection[Row]") -> None:
    # The driver's own reset costs a round trip per loan. Nothing here changes a
    # session: no LISTEN, no SET, no cursor held; the one lock that outlives a
    # transaction is given back by its taker (records/lock.py).
    del connection


async def _roll_back(connection: "PoolConnectionProxy[Row]", begun: Any) -> None:
    try:
        async with asyncio.timeout(ROLLBACK_SECONDS):
            await begun.rollback()
    except DRIVER_ERRORS:
        # Not answered: closing the connection rolls back as surely.
        _drop(connection)


def _is_lost(connection: "PoolConnectionProxy[Row]") -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        # The driver took a lost connection back by itself: nothing answers for it any more.
        return True


def _drop(connection: "PoolConnectionProxy[Row]") -> None:
    with suppress(asyncpg.InterfaceError):  # already taken back: see `_is_lost`
        connection.terminate()


async def _give_back(pool: "asyncpg.Pool[Row]", connection: "PoolConnectionProxy[Row]") -> None:
    try:
        await pool.release(connection, timeout=ROLLBACK_SECONDS)
    except DRIVER_ERRORS:
        # The pool has already dropped it and opens another when asked.
        return


async def _close(pool: "asyncpg.Pool[Row]", seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await pool.close()
    except DRIVER_ERRORS:
        pool.terminate()


def _refusal_at_start(error: Exception) -> CentreError:
    if isinstance(error, ValueError):  # ClientConfigurationError is one
        return Misconfigured(["DATABASE_URL: not an address the driver understands"])
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return Misconfigured(["DATABASE_URL: the database refuses this role or its password"])
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return Misconfigured(["DATABASE_URL: there is no database of that name"])
    return translate(error)
