"""`backup` and `restore`: data and keys in two archives, and back."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from config.clock import SystemClock
from config.errors import Misconfigured
from config.log import configure_logging
from config.settings import Settings, decode_key, load_settings, typed_in
from contactcenter.cli.embedded import on_embedded_engines
from contactcenter.cli.running import run_async
from records.audit import Verdict
from records.backup import KEYS_NAME, Restored, Written, backup, newest_data, prove_trail, restore
from records.vault import Vault

PROBLEMS_SHOWN = 20

Embedded = Annotated[
    bool, typer.Option("--embedded", help="The database under DATA_DIR; the service is stopped.")
]


def backup_command(
    directory: Annotated[Path, typer.Argument(help="Where the archives are kept.")],
    keys: Annotated[
        bool, typer.Option("--keys", help="Only replace the key archive; after every shredding.")
    ] = False,
    embedded: Embedded = False,
) -> None:
    """Write a data archive and replace the key archive, while the service runs."""

    async def work() -> None:
        async with _owner(embedded=embedded) as (owner_dsn, vault_keys):
            now = SystemClock().now()
            written = await backup(owner_dsn, Vault(*vault_keys), directory, now, keys_only=keys)
            for archive in (written.data, written.keys):
                if archive is not None:
                    print(_described(archive))

    run_async(work())
    print(f"Keep no older {KEYS_NAME} anywhere: it opens what was shredded since.")


def restore_command(
    directory: Annotated[Path, typer.Argument(help="Where the archives are kept.")],
    data: Annotated[
        Path | None, typer.Option(help="Another data archive than the newest of the folder.")
    ] = None,
    old_vault_key: Annotated[
        list[Path] | None,
        typer.Option(help="File of a VAULT_KEY that was replaced since; repeat for several."),
    ] = None,
    embedded: Embedded = False,
) -> None:
    """Fill an empty, migrated database from a data archive and the current keys."""
    olds = [_key_in(path) for path in old_vault_key or []]
    chosen = newest_data(directory) if data is None else data

    async def work() -> bool:
        async with _owner(embedded=embedded) as (owner_dsn, vault_keys):
            vault = Vault(*vault_keys, old_vault_keys=olds)
            keys_path = directory / KEYS_NAME
            now = SystemClock().now()
            restored = await restore(owner_dsn, vault, chosen, keys_path, now)
            _tell(chosen, restored)
            verdict = await prove_trail(owner_dsn, vault, SystemClock().now())
            _tell_trail(verdict)
            return not (restored.keyless or restored.index.damaged or verdict.problems)

    sound = run_async(work())
    print("Empty the index (REDIS_URL) before serving: what it holds is of another time.")
    sys.exit(0 if sound else 1)


@asynccontextmanager
async def _owner(*, embedded: bool) -> AsyncIterator[tuple[str, tuple[bytes, bytes]]]:
    settings = load_settings()
    configure_logging(settings.log_level)
    if embedded:
        async with on_embedded_engines(settings) as ready:
            yield _access(ready)
    else:
        yield _access(settings)


def _access(settings: Settings) -> tuple[str, tuple[bytes, bytes]]:
    settings.require("migrate_database_url", "vault_key", "index_key")
    assert settings.migrate_database_url is not None
    assert settings.vault_key is not None
    assert settings.index_key is not None
    keys = decode_key(settings.vault_key), decode_key(settings.index_key)
    return settings.migrate_database_url.get_secret_value(), keys


def _key_in(path: Path) -> bytes:
    try:
        return decode_key(SecretStr(typed_in(path)))
    except OSError as error:
        raise Misconfigured([f"{path}: {error.strerror}"]) from None
    except ValueError:
        raise Misconfigured([f"{path}: must hold 32 bytes in hexadecimal or base64"]) from None


def _described(archive: Written) -> str:
    megabytes = archive.size / 1_000_000
    return f"{archive.path}: {len(archive.tables)} tables, {archive.rows} rows, {megabytes:.1f} MB"


def _tell(data: Path, restored: Restored) -> None:
    print(f"{data}: of {restored.data.made_at:%Y-%m-%d %H:%M:%S} UTC")
    print(f"{KEYS_NAME}: of {restored.keys.made_at:%Y-%m-%d %H:%M:%S} UTC")
    print(f"{restored.rows} rows restored")
    print(
        f"shredded, and so unreadable: {restored.shredded_contacts} contacts, "
        f"{restored.shredded_cases} cases"
    )
    print(f"blind index: {restored.index.indexed} write-ups")
    if restored.index.damaged:
        print(f"WRONG  {restored.index.damaged} write-ups do not open")
    for place, count in restored.keyless.items():
        print(f"WRONG  {place}: {count} values under keys that {KEYS_NAME} does not hold")


def _tell_trail(verdict: Verdict) -> None:
    state = "WRONG" if verdict.problems else "whole"
    print(f"audit trail: {verdict.rows} rows, {verdict.seals} seals, {state}")
    for problem in verdict.problems[:PROBLEMS_SHOWN]:
        print(f"WRONG  {problem}")
    more = len(verdict.problems) - PROBLEMS_SHOWN
    if more > 0:
        print(f"WRONG  and {more} more")
