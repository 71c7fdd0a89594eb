"""The tests' own engines: real, migrated, fresh for each test."""

import asyncpg
import pytest
from redis.asyncio import Redis


@pytest.mark.parametrize("turn", [1, 2])
async def test_each_test_has_a_migrated_database_that_nobody_wrote_in(
    turn: int, migrate_database_url: str
) -> None:
    connection = await asyncpg.connect(migrate_database_url)
    try:
        assert await connection.fetchval("SELECT count(*) FROM contact") == 0
        await connection.execute("CREATE TABLE left_by_a_test (turn int)")
    finally:
        await connection.close()


@pytest.mark.parametrize("turn", [1, 2, 3])
async def test_each_test_has_a_database_without_the_rows_or_the_connections_of_another(
    turn: int, admin_database_url: str
) -> None:
    connection = await asyncpg.connect(admin_database_url)
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    try:
        assert await connection.fetchval(others) == 1
        assert await connection.fetchval("SELECT count(*) FROM line") == 0
        await connection.execute(
            "INSERT INTO line (line_id, pool, names, timezone, registered_at)"
            " VALUES ($1, 'x', '{}', 'UTC', now())",
            f"line{turn}",
        )
    finally:
        await connection.close()


@pytest.mark.parametrize("turn", [1, 2])
async def test_each_test_has_an_empty_index(turn: int, redis_url: str) -> None:
    redis = Redis.from_url(redis_url)
    try:
        assert await redis.dbsize() == 0
        await redis.set("left", turn)
    finally:
        await redis.aclose()


async def test_the_run_time_role_is_neither_owner_nor_superuser(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        rights = await connection.fetchrow(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles"
            " WHERE rolname = current_user"
        )
        assert rights is not None
        assert not any(rights.values())
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE TABLE mine (id int)")
    finally:
        await connection.close()
