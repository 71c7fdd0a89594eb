"""Keys of a data folder: for the demo and `serve --embedded` when the settings bring none."""

from pathlib import Path

from pydantic import SecretStr

from config.errors import Misconfigured
from config.settings import Settings
from contactcenter.engines.folder import write_private
from records.vault import make_key

KEYS = {"vault_key": "vault_key", "index_key": "index_key"}


def with_keys(settings: Settings) -> Settings:
    """Return the settings with both keys, made once in DATA_DIR/keys, mode 0600.

    That is beside the database folder, never inside: a copy of one without the
    other opens nothing. Keys that the settings bring are left alone.
    """
    missing = [name for name in KEYS if getattr(settings, name) is None]
    folder = settings.data_dir.absolute() / "keys"
    return settings.model_copy(update={name: _made_once(folder / KEYS[name]) for name in missing})


def _made_once(path: Path) -> SecretStr:
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(path, make_key())
        return SecretStr(path.read_text().strip())
    except OSError as error:
        raise Misconfigured([f"DATA_DIR: {path}: {error.strerror}"]) from None
