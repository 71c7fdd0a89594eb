"""PostgreSQL as it was a while ago: what a fail-over to a standby that lags behind gives."""

import asyncpg

TABLES = """
    SELECT format('%I.%I', schemaname, tablename) AS name, schemaname || '__' || tablename AS kept
      FROM pg_tables WHERE schemaname IN ('public', 'keys') AND tablename <> 'alembic_version'
"""


async def remembered(admin_url: str) -> None:
    """Remember every row, as a standby that hears nothing from now on."""
    connection = await asyncpg.connect(admin_url, timeout=10)
    try:
        await connection.execute("CREATE SCHEMA standby")
        async with connection.transaction(isolation="repeatable_read"):
            for row in await connection.fetch(TABLES):
                await connection.execute(
                    f"CREATE TABLE standby.{row['kept']} AS SELECT * FROM {row['name']}"
                )
    finally:
        await connection.close(timeout=5)


async def promoted(admin_url: str, *, cuts: bool = True) -> None:
    """Lose every commit since and, if it `cuts`, every connection, in one moment."""
    connection = await asyncpg.connect(admin_url, timeout=10)
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            rows = await connection.fetch(TABLES)
            # Whoever writes meanwhile waits, and then finds its connection gone.
            await connection.execute(
                f"LOCK TABLE {', '.join(row['name'] for row in rows)} IN ACCESS EXCLUSIVE MODE"
            )
            for row in rows:
                await connection.execute(f"DELETE FROM {row['name']}")
                await connection.execute(
                    f"INSERT INTO {row['name']} OVERRIDING SYSTEM VALUE"
                    f" SELECT * FROM standby.{row['kept']}"
                )
            if cuts:
                await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
    finally:
        await connection.close(timeout=5)
