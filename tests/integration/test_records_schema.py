"""The schema: the migration and the models say the same, the run-time role has its rights only."""

import asyncio
from collections import Counter

import asyncpg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from config.errors import Misconfigured, Unavailable
from config.ids import new_id
from records.migrate import MIGRATIONS, head_revision, migrate
from records.models import metadata
from records.queries import load_queries
from tests.kit.engines import DatabaseAddresses
from tests.kit.record_rows import NOW

RUNTIME_ROLE = "contactcenter_app"

CATALOGUE = """
SELECT n.nspname AS schema, c.relname AS relation, 'column' AS kind, a.attname AS name,
       format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull::text || ' '
       || coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS definition
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = relnamespace
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE n.nspname IN ('public', 'keys') AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT n.nspname, c.relname, 'constraint', conname, pg_get_constraintdef(k.oid)
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = relnamespace
 WHERE n.nspname IN ('public', 'keys') AND contype <> 'n'
UNION ALL
SELECT schemaname, tablename, 'index', indexname, indexdef FROM pg_indexes
 WHERE schemaname IN ('public', 'keys')
"""


_FIRST_CONTACT = """
INSERT INTO contact (contact_id, line_id, channel, state, language, audience, head_start_ms,
                     returned, turn, version, arrived_at, changed_at, call_sid, config_version)
VALUES (gen_random_uuid(), 'l', 'call', 'arriving', 'fr', 'unknown', 0, false, 0, 1, now(), now(),
        'CA1', 'h')
"""


def _upgrade_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def engine_of(address: str):
    return create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(address, timeout=10)
    )


async def catalogue(address: str) -> Counter:
    connection = await asyncpg.connect(address, timeout=10)
    rows = await connection.fetch(CATALOGUE)
    await connection.close()
    return Counter(tuple(row) for row in rows if row["relation"] != "alembic_version")


async def test_migration_and_models_describe_the_same_schema(
    database: DatabaseAddresses, blank_database: DatabaseAddresses
) -> None:
    engine = engine_of(blank_database.owner)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("CREATE SCHEMA keys")
        await connection.run_sync(metadata.create_all)
    await engine.dispose()
    from_models = await catalogue(blank_database.owner)
    from_migrations = await catalogue(database.owner)
    assert len(from_models) > 300
    assert from_models - from_migrations == Counter()
    assert from_migrations - from_models == Counter()


async def test_autogenerate_would_add_nothing(database: DatabaseAddresses) -> None:
    engine = engine_of(database.owner)

    def differences(connection) -> list:
        context = MigrationContext.configure(
            connection, opts={"include_schemas": True, "compare_type": True}
        )
        return compare_metadata(context, metadata)

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_migrating_again_and_at_once_changes_nothing(
    blank_database: DatabaseAddresses,
) -> None:
    owner = blank_database.owner
    await asyncio.gather(*(migrate(owner, RUNTIME_ROLE) for _ in range(3)))
    once = await catalogue(owner)
    await migrate(owner, RUNTIME_ROLE)
    assert await catalogue(owner) == once
    connection = await asyncpg.connect(owner, timeout=10)
    assert await connection.fetchval("SELECT version_num FROM alembic_version") == head_revision()
    await connection.close()


@pytest.mark.parametrize(
    "role", ["nobody_at_all", 'x"; DROP TABLE contact; --', "contactcenter_owner"]
)
async def test_a_missing_strange_or_owning_run_time_role_is_refused(
    blank_database: DatabaseAddresses, role: str
) -> None:
    with pytest.raises(Misconfigured):
        await migrate(blank_database.owner, role)
    assert await catalogue(blank_database.owner) == Counter()


async def test_migrate_says_when_nothing_answers() -> None:
    with pytest.raises(Unavailable):
        await migrate("postgresql://nobody@127.0.0.1:1/none", RUNTIME_ROLE)


async def test_every_named_statement_fits_the_schema_as_the_run_time_role(
    database_url: str,
) -> None:
    connection = await asyncpg.connect(database_url, timeout=10)
    queries = load_queries()
    assert len(queries) > 60
    for name, statement in queries.items():
        try:
            await connection.prepare(statement)
        except asyncpg.PostgresError as error:
            pytest.fail(f"{name}: {error}")
    await connection.close()


@pytest.mark.parametrize("table", ["audit", "audit_seal", "contact_event"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {}", "ALTER TABLE {} RENAME TO x"]
)
async def test_the_run_time_role_cannot_rewrite_what_is_only_inserted(
    database_url: str, table: str, statement: str
) -> None:
    column = "sealed_at = now()" if table == "audit_seal" else "at = now()"
    connection = await asyncpg.connect(database_url, timeout=10)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(statement.format(table, column))
    await connection.close()


async def test_the_run_time_role_deletes_no_contact_and_makes_no_table(database_url: str) -> None:
    connection = await asyncpg.connect(database_url, timeout=10)
    for statement in (
        "DELETE FROM contact",
        "DELETE FROM message",
        "DELETE FROM keys.data_key",
        "UPDATE alembic_version SET version_num = 'x'",
        "CREATE TABLE mine (x int)",
        "CREATE TABLE keys.mine (x int)",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


async def test_a_whisper_cannot_be_stored_as_visible(database: DatabaseAddresses) -> None:
    connection = await asyncpg.connect(database.runtime, timeout=10)
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute(
            "INSERT INTO message VALUES ($1, 1, 'x', 'listener', NULL, $2, 'whisper', 'all', '', $3)",
            new_id(),
            new_id(),
            NOW,
        )
    await connection.close()


async def test_what_the_first_version_wrote_is_whole_under_the_second(
    blank_database: DatabaseAddresses,
) -> None:
    engine = engine_of(blank_database.owner)
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade_to, "0001")
    await engine.dispose()
    owner = await asyncpg.connect(blank_database.owner, timeout=10)
    await owner.execute("INSERT INTO line VALUES ('l', 'p', '{}', 'Europe/Paris', now())")
    await owner.execute("INSERT INTO config_version VALUES ('h', '{}', now())")
    await owner.execute(_FIRST_CONTACT)
    await owner.close()

    await migrate(blank_database.owner, RUNTIME_ROLE)
    runtime = await asyncpg.connect(blank_database.runtime, timeout=10)
    row = await runtime.fetchrow("SELECT level, needs, widened_to, escalations FROM contact")
    assert tuple(row) == ("ecoute", [], [], 0)
    # The first version may still be running: it goes on writing as it knows how.
    await runtime.execute(_FIRST_CONTACT)
    assert await runtime.fetchval("SELECT count(*) FROM contact") == 2
    await runtime.close()


async def test_a_migration_gives_up_rather_than_queue_behind_a_long_reader(
    blank_database: DatabaseAddresses,
) -> None:
    engine = engine_of(blank_database.owner)
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade_to, "0001")
    await engine.dispose()
    reader = await asyncpg.connect(blank_database.owner, timeout=10)
    async with reader.transaction():
        await reader.fetch("SELECT 1 FROM contact")
        with pytest.raises(Unavailable) as refused:
            await migrate(blank_database.owner, RUNTIME_ROLE)
    assert refused.value.code == "database_busy"
    await migrate(blank_database.owner, RUNTIME_ROLE)
    await reader.close()
