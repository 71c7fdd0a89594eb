"""One row that PostgreSQL refuses to write, as a mistake of ours would make it: for its id alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from tests.kit.engines import DatabaseAddresses

_POISON = """
CREATE FUNCTION public.poisoned() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'poisoned'; END $$;
CREATE TRIGGER poisoned BEFORE INSERT OR UPDATE ON {table}
    FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION public.poisoned();
"""


@asynccontextmanager
async def poisoned(database: DatabaseAddresses, table: str, condition: str) -> AsyncIterator[None]:
    """Refuse, until the block ends, every write of a row of `table` that meets `condition`."""
    connection = await asyncpg.connect(database.admin, timeout=5)
    try:
        await connection.execute(_POISON.format(table=table, condition=condition))
        yield
        await connection.execute("DROP FUNCTION public.poisoned CASCADE")
    finally:
        await connection.close(timeout=5)
