"""Settings for tests: the addresses of real engines, fixed keys, any port."""

from pathlib import Path

from config.settings import Settings, load_settings
from tests.kit.service import ANY_PORT

VAULT_KEY = "11" * 32
INDEX_KEY = "22" * 32


def environment(
    *, database_url: str, redis_url: str, data_dir: Path, migrate_database_url: str = ""
) -> dict[str, str]:
    """Return what the environment would say; empty values count as not given."""
    return {
        **ANY_PORT,
        "DATABASE_URL": database_url,
        "MIGRATE_DATABASE_URL": migrate_database_url,
        "REDIS_URL": redis_url,
        "DATA_DIR": str(data_dir),
        "VAULT_KEY": VAULT_KEY,
        "INDEX_KEY": INDEX_KEY,
    }


def settings_for(database_url: str, redis_url: str, data_dir: Path) -> Settings:
    """Return the settings of a service over these engines."""
    return load_settings(
        environment(database_url=database_url, redis_url=redis_url, data_dir=data_dir)
    )
