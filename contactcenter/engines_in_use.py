"""The engines the service stands on: opened, proven, and named when one is missing."""

from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass

from redis.asyncio import Redis

from config.addresses import place_of
from config.clock import Clock
from config.errors import Misconfigured, Unavailable
from config.helpline.helpline import Helpline
from config.settings import POOL_OF_ROLE, Settings, decode_key
from contactcenter.centre.queue.placement import plan_of
from records.configuration import Configuration
from records.database import Database
from records.vault import Vault
from routing.connection import open_redis
from routing.plan import Plan
from routing.router import Router


@dataclass(frozen=True, slots=True)
class EnginesInUse:
    """PostgreSQL with its vault, Redis with its plan, the helpline as both know it."""

    database: Database
    vault: Vault
    redis: Redis
    plan: Plan
    router: Router
    helpline: Helpline  # its forms under the numbers they are kept by


@asynccontextmanager
async def engines_in_use(
    settings: Settings,
    helpline: Helpline,
    clock: Clock,
    roles: Collection[str] = frozenset(POOL_OF_ROLE),
) -> AsyncIterator[EnginesInUse]:
    """Open both engines and prove them; raises Misconfigured saying which fails and what to do."""
    settings.require("database_url", "redis_url", "vault_key", "index_key")
    assert settings.database_url is not None
    assert settings.redis_url is not None
    assert settings.vault_key is not None
    assert settings.index_key is not None
    database_url = settings.database_url.get_secret_value()
    redis_url = settings.redis_url.get_secret_value()
    vault = Vault(decode_key(settings.vault_key), decode_key(settings.index_key))
    plan = plan_of(helpline)
    patience = settings.redis_seconds
    async with open_redis(redis_url, pool_seconds=patience) as redis:
        router = Router(redis, plan, command_seconds=patience)
        with _named("REDIS_URL", "Redis or Valkey", redis_url):
            await router.format.look()
        async with AsyncExitStack() as stack:
            with _named("DATABASE_URL", "PostgreSQL", database_url):
                database = await stack.enter_async_context(
                    Database.open(
                        database_url,
                        pool_size=settings.pool_size(roles),
                        connect_seconds=settings.database_connect_seconds,
                        statement_seconds=settings.database_statement_seconds,
                    )
                )
                async with database.transaction() as tx:
                    await vault.check(tx, clock.now())
                helpline = await Configuration(database).register(helpline, clock.now())
            yield EnginesInUse(database, vault, redis, plan, router, helpline)


@contextmanager
def _named(setting: str, engine: str, url: str) -> Iterator[None]:
    """Turn « does not answer » into what the operator must mend."""
    try:
        yield
    except Unavailable:
        where = place_of(url)
    else:
        return
    raise Misconfigured(
        [f"{setting}: {engine} does not answer at {where}; start it, or correct the address"]
    )
