"""`migrate`: bring the database to this version's schema, as the owner role."""

from urllib.parse import urlsplit

from config.settings import Settings, load_settings
from contactcenter.cli.running import run_async
from records.migrate import head_revision, migrate

DEFAULT_RUNTIME_ROLE = "contactcenter_app"


def migrate_command() -> None:
    """Bring the database to this version's schema (MIGRATE_DATABASE_URL); safe to repeat.

    The role that DATABASE_URL names, else contactcenter_app, is given its rights.
    """
    settings = load_settings()
    settings.require("migrate_database_url")
    run_async(migrate_with(settings))
    print(f"the schema is at {head_revision()}")


async def migrate_with(settings: Settings) -> None:
    """Migrate as the owner role, and give the role of DATABASE_URL its rights."""
    assert settings.migrate_database_url is not None
    role = None
    if settings.database_url is not None:
        role = urlsplit(settings.database_url.get_secret_value()).username
    await migrate(settings.migrate_database_url.get_secret_value(), role or DEFAULT_RUNTIME_ROLE)
