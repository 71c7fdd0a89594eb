"""The doctor's look at what the engines can bear: connections, writes, memory, clocks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from config.clock import SystemClock
from config.errors import Misconfigured, Unavailable
from config.helpline.load import load_helpline
from config.settings import POOL_OF_ROLE, Settings
from contactcenter.centre.queue.placement import plan_of
from contactcenter.cli.doctor_engines import connected
from contactcenter.clock_watch import ClockWatch
from records.database import Database
from routing.connection import open_redis
from routing.router import Router

# The production checklist's own: two processes of each role.
PROCESSES_OF_A_ROLE = 2
# For doctor, migrate, backup and `user` beside a busy service.
KEPT_FOR_COMMANDS = 5
# -1 stands for no limit, in both.
_SLOTS = """
    SELECT least(
               current_setting('max_connections')::int
             - current_setting('superuser_reserved_connections')::int
             - coalesce(current_setting('reserved_connections', true)::int, 0),
               (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
               (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())
           )
"""


async def connections(settings: Settings) -> str:
    """Return what two processes of each role may hold, and what the server has for them."""
    pools = {role: settings.pool_size([role]) for role in POOL_OF_ROLE}
    wanted = PROCESSES_OF_A_ROLE * sum(pools.values()) + KEPT_FOR_COMMANDS
    async with connected(settings) as connection:
        slots = int(await connection.fetchval(_SLOTS))
    said = (
        f"two processes of each role and our commands hold up to {wanted} connections; "
        f"this role may have {slots}"
    )
    if wanted > slots:
        raise Misconfigured([f"{said}: raise max_connections, or lower DATABASE_POOL_SIZE"])
    return said


async def writes(settings: Settings) -> str:
    """Prove by a write, undone at once, that Redis takes writes and throws nothing away."""
    settings.require("redis_url")
    assert settings.redis_url is not None
    plan = plan_of(load_helpline(settings.helpline_dir))
    async with open_redis(settings.redis_url.get_secret_value(), connections=1) as redis:
        router = Router(redis, plan)
        try:
            await router.prove_writable()
        except Unavailable:
            raise Misconfigured(
                ["REDIS_URL: takes no writes: a replica after a fail-over, or its memory is full"]
            ) from None
        if await router.may_evict():
            raise Misconfigured(
                ["REDIS_URL: may throw entries away; set maxmemory-policy noeviction"]
            )
    return "Redis takes writes and throws nothing away"


async def clock(settings: Settings) -> str:
    """Return how far this machine's clock is from PostgreSQL's; a process that is off does not act."""
    watch = ClockWatch(SystemClock())
    async with _database(settings) as database:
        ahead = await watch.look(database)
    if watch.is_off:
        raise Misconfigured(
            [f"this machine's clock is {ahead:+.1f} s off PostgreSQL's; keep both by NTP"]
        )
    return f"{ahead:+.3f} s off PostgreSQL's"


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    settings.require("database_url")
    assert settings.database_url is not None
    async with Database.open(
        settings.database_url.get_secret_value(),
        pool_size=2,
        connect_seconds=settings.database_connect_seconds,
        statement_seconds=settings.database_statement_seconds,
    ) as database:
        yield database
