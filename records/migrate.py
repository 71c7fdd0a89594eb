"""Bring a database to this version's schema, as the owner role."""

import re
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from config.errors import Misconfigured, Unavailable
from records.migrations import grants

MIGRATIONS = Path(__file__).parent / "migrations"

# Any fixed number: every process that migrates takes the same lock.
LOCK = 0x6D696772

CONNECT_SECONDS = 10

LOCK_NOT_AVAILABLE = "55P03"


async def migrate(owner_dsn: str, runtime_role: str = "contactcenter_app") -> None:
    """Upgrade to the newest schema and give `runtime_role` exactly its rights.

    Idempotent, and safe when several processes start at once: one migrates,
    the others wait on an advisory lock and find nothing to do. All in one
    transaction: a failed migration leaves the database as it was.

    Raises Misconfigured when the run-time role is missing or is the owner
    itself (it could then rewrite the audit trail), Unavailable when the
    database does not answer, or a table is held for longer than a migration
    may make everybody else wait (a backup, say).
    """
    if not re.fullmatch(r"[a-z_][a-z0-9_$]{0,62}", runtime_role):
        raise Misconfigured(["DATABASE_URL: the role name is not a plain lower-case identifier"])

    async def connect() -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(owner_dsn, timeout=CONNECT_SECONDS)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, runtime_role)
    except (OSError, TimeoutError) as error:
        raise Unavailable(
            f"the database did not answer ({type(error).__name__})", code="database_unavailable"
        ) from None
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise Unavailable("a table is in use: try again", code="database_busy") from None
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, runtime_role: str) -> None:
    _check_role(connection, runtime_role)
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    for statement in grants.statements(f'"{runtime_role}"'):
        connection.execute(text(statement))


def _check_role(connection: Connection, runtime_role: str) -> None:
    row = connection.execute(
        text(
            "SELECT current_user = :role AS is_owner,"
            " (SELECT rolsuper FROM pg_roles WHERE rolname = :role) AS is_super"
        ),
        {"role": runtime_role},
    ).one()
    if row.is_super is None:
        raise Misconfigured(
            [
                f"DATABASE_URL: the role {runtime_role} does not exist; name the one to be given rights"
            ]
        )
    if row.is_owner or row.is_super:
        raise Misconfigured(
            ["DATABASE_URL: the run-time role must be neither the owner nor a superuser"]
        )


def head_revision() -> str:
    """Return the newest revision this program knows, for doctor and readiness."""
    head = _scripts().get_current_head()
    assert head is not None
    return str(head)


def known_revisions() -> frozenset[str]:
    """Return every revision this program can migrate from, and its own."""
    return frozenset(str(each.revision) for each in _scripts().walk_revisions())


def _scripts() -> Any:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - slow import, seldom needed

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return ScriptDirectory.from_config(config)
