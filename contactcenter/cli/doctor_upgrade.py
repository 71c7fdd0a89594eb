"""The doctor's look at an upgrade: what `serve` will say to this database and this index."""

from contextlib import suppress

import asyncpg

from config.clock import SystemClock
from config.errors import Misconfigured
from config.helpline.load import load_helpline
from config.settings import Settings
from contactcenter.centre.queue.placement import plan_of
from contactcenter.cli.doctor_engines import connected
from records.configuration import register_in
from records.database import Database
from records.migrate import head_revision, known_revisions
from routing.connection import open_redis
from routing.router import Router
from routing.steps.format import FORMAT


async def schema(settings: Settings) -> str:
    """Return the database's revision: this program's, or the one after it.

    A change of the schema only adds, so a program of the release before goes on beside
    the next one; it may be started again too, while an upgrade is under way.
    """
    found, expected = await _revision(settings), head_revision()
    if found == expected:
        return f"at {expected}"
    if found is None or found in known_revisions():
        raise Misconfigured(
            [
                f"schema: at {found or 'nothing'}, this program needs {expected}; run: contactcenter migrate"
            ]
        )
    if found.isdecimal() and int(found) == int(expected) + 1:
        return f"at {found}, one after this program's {expected}: an upgrade is under way"
    raise Misconfigured(
        [
            f"schema: at {found}, this program knows it up to {expected} only: it is too old for this database"
        ]
    )


async def schema_before(settings: Settings) -> str:
    """Return what `migrate` will do."""
    found, expected = await _revision(settings), head_revision()
    if found in known_revisions() and found != expected:
        return f"at {found}; contactcenter migrate will bring it to {expected}, under the running service"
    return await schema(settings)


async def _revision(settings: Settings) -> str | None:
    async with connected(settings) as connection:
        try:
            found: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        except asyncpg.PostgresError:
            return None
    return found


class _LookedEnough(Exception):
    """Ends the transaction of a look, so that nothing of it stays."""


async def rules(settings: Settings) -> str:
    """Prove that `serve` will take the helpline's rules beside what was in force before."""
    settings.require("database_url")
    assert settings.database_url is not None
    helpline = load_helpline(settings.helpline_dir)
    async with Database.open(
        settings.database_url.get_secret_value(),
        pool_size=2,
        connect_seconds=settings.database_connect_seconds,
        statement_seconds=settings.database_statement_seconds,
    ) as database:
        with suppress(_LookedEnough):
            async with database.transaction() as tx:
                # The very step that a start takes; then as if it had not been.
                await register_in(tx, helpline, SystemClock().now())
                raise _LookedEnough
    return f"version {helpline.config_version[:12]} may come into force"


async def index(settings: Settings) -> str:
    """Say whether the index is one that this program may share; claims and changes nothing."""
    settings.require("redis_url")
    assert settings.redis_url is not None
    plan = plan_of(load_helpline(settings.helpline_dir))
    async with open_redis(settings.redis_url.get_secret_value(), connections=1) as redis:
        found = await Router(redis, plan).format.look(claims=False)
    if found != FORMAT:
        raise Misconfigured(
            [f"index: of format {found}, ours is {FORMAT}: no rolling upgrade; see UPGRADING.md"]
        )
    return f"format {found}: processes of both releases may serve at once"
