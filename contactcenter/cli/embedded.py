"""Settings that point at engines of our own, for the length of a block."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from config.errors import Misconfigured
from config.settings import Settings
from contactcenter.cli.keys import with_keys
from contactcenter.cli.schema import migrate_with
from contactcenter.engines import embedded_engines


@asynccontextmanager
async def on_embedded_engines(settings: Settings) -> AsyncIterator[Settings]:
    """Start both engines under DATA_DIR, migrate, and give the settings that use them.

    Raises Misconfigured when the settings name engines already: two truths
    would be one too many.
    """
    named = [name for name in ("database_url", "redis_url") if getattr(settings, name) is not None]
    if named:
        raise Misconfigured(
            [
                f"environment: {name.upper()}: is given, but the embedded engines were asked for"
                for name in named
            ]
        )
    async with embedded_engines(settings.data_dir) as engines:
        ready = with_keys(
            settings.model_copy(
                update={
                    "database_url": SecretStr(engines.database_url),
                    "migrate_database_url": SecretStr(engines.migrate_database_url),
                    "redis_url": SecretStr(engines.redis_url),
                }
            )
        )
        await migrate_with(ready)
        yield ready
