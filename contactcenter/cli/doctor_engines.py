"""The doctor's look at PostgreSQL, its schema, Redis, the keys and the accounts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from config.clock import SystemClock
from config.errors import Misconfigured, Unavailable
from config.helpline.load import load_helpline
from config.settings import Settings, decode_key
from records.database import Database
from records.vault import Vault

OLDEST_POSTGRES = 15
NEWEST_POSTGRES = 18
OLDEST_REDIS = (7, 0)
_OWNS_A_TABLE = """
    SELECT EXISTS (
        SELECT FROM pg_class
        WHERE relname = 'audit' AND relkind = 'r' AND pg_has_role(relowner, 'MEMBER')
    )
"""
# $1 the pool's lines, $2 how many accounts are named.
_LACKS_A_LINE = """
    SELECT login, lacks
      FROM staff
     CROSS JOIN LATERAL (
           SELECT array_agg(line_id ORDER BY line_id) AS lacks
             FROM unnest($1::text[]) AS line_id
            WHERE NOT EXISTS (SELECT FROM staff_line
                               WHERE staff_line.staff_id = staff.staff_id
                                 AND staff_line.line_id = line_id.line_id)
           ) AS hers
     WHERE active AND lacks IS NOT NULL
     ORDER BY login
     LIMIT $2
"""
# $1 the helpline's teams, $2 how many accounts are named.
_LACKS_A_TEAM = """
    SELECT login, profile_id
      FROM staff
     WHERE active AND role = 'listener' AND (profile_id IS NULL OR profile_id <> ALL ($1::text[]))
     ORDER BY login
     LIMIT $2
"""
ACCOUNTS_NAMED = 50


@asynccontextmanager
async def connected(settings: Settings) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    """Give a connection as the run-time role; what refuses it is said by setting and SQLSTATE."""
    settings.require("database_url")
    assert settings.database_url is not None
    try:
        connection = await asyncpg.connect(
            settings.database_url.get_secret_value(),
            timeout=settings.database_connect_seconds,
            command_timeout=settings.database_statement_seconds,
        )
    except asyncpg.PostgresError as error:
        raise Misconfigured([f"DATABASE_URL: refused with SQLSTATE {error.sqlstate}"]) from None
    except (OSError, TimeoutError) as error:
        raise Unavailable(
            f"DATABASE_URL: no answer ({type(error).__name__}); is PostgreSQL running there?",
            code="database_unavailable",
        ) from None
    try:
        yield connection
    finally:
        await connection.close(timeout=settings.database_connect_seconds)


async def postgresql(settings: Settings) -> str:
    """Return the server's version; the run-time role may be neither superuser nor owner."""
    async with connected(settings) as connection:
        major = connection.get_server_version().major
        if not OLDEST_POSTGRES <= major <= NEWEST_POSTGRES:
            raise Misconfigured(
                [
                    f"DATABASE_URL: PostgreSQL {major}; {OLDEST_POSTGRES} to {NEWEST_POSTGRES} are supported"
                ]
            )
        role = await connection.fetchrow(
            "SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user"
        )
        if role is None or role["rolsuper"]:
            raise Misconfigured(["DATABASE_URL: the run-time role may be no superuser"])
        if await connection.fetchval(_OWNS_A_TABLE):
            raise Misconfigured(
                [
                    "DATABASE_URL: the owner role could rewrite the audit trail; give the run-time one"
                ]
            )
        return f"PostgreSQL {major}"


async def redis(settings: Settings) -> str:
    """Return the index server's version."""
    settings.require("redis_url")
    assert settings.redis_url is not None
    timeout = settings.redis_seconds
    try:
        async with Redis.from_url(
            settings.redis_url.get_secret_value(),
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
        ) as client:
            told = await client.info("server")
    except (RedisError, OSError, TimeoutError) as error:
        raise Unavailable(
            f"REDIS_URL: no answer ({type(error).__name__}); is Redis or Valkey running there?",
            code="index_unavailable",
        ) from None
    version = str(told.get("redis_version", "0"))
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_REDIS:
        raise Misconfigured([f"REDIS_URL: Redis {version}; 7.0 or later is needed"])
    name = "Valkey" if "valkey_version" in told else "Redis"
    return f"{name} {told.get('valkey_version', version)}"


async def accounts(settings: Settings) -> str:
    """Return how many open accounts there are; each must work for every line of the pool.

    Who lacks a line is offered nothing of it: its callers wait for fewer people.
    A listener whose team the helpline does not have is offered nothing at all.
    """
    helpline = load_helpline(settings.helpline_dir)
    lines = [line.id for line in helpline.lines]
    teams = [team.id for team in helpline.profiles]
    async with connected(settings) as connection:
        try:
            count = await connection.fetchval("SELECT count(*) FROM staff WHERE active")
            lacking = await connection.fetch(_LACKS_A_LINE, lines, ACCOUNTS_NAMED)
            useless = await connection.fetch(_LACKS_A_TEAM, teams, ACCOUNTS_NAMED)
        except asyncpg.PostgresError as error:
            raise Misconfigured([f"accounts cannot be read: SQLSTATE {error.sqlstate}"]) from None
    mistakes = [
        f"{row['login']} lacks {', '.join(row['lacks'])}, and is offered none of its "
        f"contacts; run: contactcenter user lines {row['login']}"
        for row in lacking
    ] + [
        f"{row['login']} is a listener of {row['profile_id'] or 'no team'}, and is offered nothing; "
        f"run: contactcenter user set {row['login']} --profile TEAM (there are: {', '.join(teams)})"
        for row in useless
    ]
    if mistakes:
        raise Misconfigured(mistakes)
    return f"{count} open, each for every line"


class _LookedEnough(Exception):
    """Ends the transaction of a look, so that nothing of it stays."""


async def keys(settings: Settings) -> str:
    """Prove that VAULT_KEY and INDEX_KEY are the ones this database was sealed with."""
    settings.require("database_url", "vault_key", "index_key")
    assert settings.database_url is not None
    assert settings.vault_key is not None
    assert settings.index_key is not None
    vault = Vault(decode_key(settings.vault_key), decode_key(settings.index_key))
    async with Database.open(
        settings.database_url.get_secret_value(),
        pool_size=2,
        connect_seconds=settings.database_connect_seconds,
        statement_seconds=settings.database_statement_seconds,
    ) as database:
        with suppress(_LookedEnough):
            await _check_and_undo(database, vault)
    return "both open this database"


async def _check_and_undo(database: Database, vault: Vault) -> None:
    async with database.transaction() as tx:
        # On an empty database this writes the check values: the service's to do, not ours.
        await vault.check(tx, SystemClock().now())
        raise _LookedEnough
