"""What a restore refuses, by name, with nothing written."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from config.errors import CentreError, Conflict, Misconfigured, Unavailable
from contactcenter.engines import Engines
from records.backup import (
    KEYS_NAME,
    ArchiveDamaged,
    backup,
    newest_data,
    restore,
)
from records.backup.archive import ArchiveReader
from records.backup.header import ArchiveKind
from records.database import Database
from records.vault import Vault
from tests.kit.backups import LATER, VAULT, Source, a_source, is_untouched, restored
from tests.kit.engines import DatabaseAddresses, fresh_database
from tests.kit.record_rows import NOW


@pytest.fixture
async def source(database: DatabaseAddresses, tmp_path: Path) -> AsyncIterator[Source]:
    async with a_source(database, tmp_path / "backups") as filled:
        yield filled


@pytest.fixture
async def target(engines: Engines) -> AsyncIterator[DatabaseAddresses]:
    async with fresh_database(engines) as addresses:
        yield addresses


@pytest.mark.parametrize("which", list(ArchiveKind))
async def test_a_damaged_or_truncated_archive_is_refused_by_name_before_anything_is_written(
    source: Source, target: DatabaseAddresses, which: ArchiveKind
) -> None:
    await source.backup()
    path = source.folder / KEYS_NAME if which is ArchiveKind.KEYS else newest_data(source.folder)
    whole = path.read_bytes()
    middle = len(whole) // 2
    altered = whole[:middle] + bytes((whole[middle] ^ 1,)) + whole[middle + 1 :]
    for content_now, reason in ((altered, "altered"), (whole[:middle], "cut short")):
        path.write_bytes(content_now)
        with pytest.raises(ArchiveDamaged, match=f"^{path.name}: {reason} in table "):
            await restored(source, target)
    assert await is_untouched(target)
    path.write_bytes(whole)
    await restored(source, target)


async def test_an_archive_that_fails_while_it_is_loaded_leaves_the_database_empty(
    source: Source, target: DatabaseAddresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    await source.backup()
    path = newest_data(source.folder)
    whole = path.read_bytes()
    # As if the file went bad between its check and its loading.
    monkeypatch.setattr(ArchiveReader, "skim", lambda _self: ())
    path.write_bytes(whole[: len(whole) * 3 // 4])
    with pytest.raises(ArchiveDamaged, match="cut short in table"):
        await restored(source, target)
    assert await is_untouched(target)


async def test_a_database_with_anything_in_it_is_refused(
    source: Source, target: DatabaseAddresses
) -> None:
    await source.backup()
    async with (
        Database.open(target.runtime, pool_size=2) as database,
        database.transaction() as tx,
    ):
        await VAULT.check(tx, NOW)
    with pytest.raises(Conflict, match=r"there are rows in keys\.check_value$") as caught:
        await restored(source, target)
    assert caught.value.code == "database_not_empty"


async def test_another_schema_is_refused_on_either_side(
    source: Source,
    target: DatabaseAddresses,
    blank_database: DatabaseAddresses,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await source.backup()
    with pytest.raises(Misconfigured, match="contactcenter migrate"):
        await restored(source, blank_database)
    admin = await asyncpg.connect(target.admin, timeout=10)
    await admin.execute("UPDATE alembic_version SET version_num = '9999'")
    await admin.close(timeout=10)
    with pytest.raises(Misconfigured, match="at 9999, this program needs"):
        await restored(source, target)
    with pytest.raises(Misconfigured, match="at 9999, this program needs"):
        await backup(target.owner, VAULT, source.folder / "other", NOW)
    monkeypatch.setattr("records.backup.connection.head_revision", lambda: "9999")
    with pytest.raises(Conflict, match="the database of 9999") as caught:
        await restored(source, target)
    assert caught.value.code == "other_revision"


async def test_the_wrong_index_key_is_refused_and_nothing_is_restored(
    source: Source, target: DatabaseAddresses
) -> None:
    await source.backup()
    with pytest.raises(Misconfigured, match="INDEX_KEY"):
        await restored(source, target, Vault(b"v" * 32, b"o" * 32))
    assert await is_untouched(target)


async def test_a_backup_under_the_wrong_key_is_refused(source: Source) -> None:
    with pytest.raises(Misconfigured, match="VAULT_KEY"):
        await source.backup(vault=Vault(b"o" * 32, b"i" * 32))
    assert [path.name for path in source.folder.iterdir()] == [".lock"]


async def test_a_missing_archive_and_a_silent_database_are_told(
    source: Source, target: DatabaseAddresses
) -> None:
    with pytest.raises(Misconfigured, match="no data archive"):
        newest_data(source.folder)
    await source.backup()
    (source.folder / KEYS_NAME).unlink()
    with pytest.raises(Misconfigured, match="No such file"):
        await restored(source, target)
    with pytest.raises(Unavailable):
        await backup("postgresql://nobody@127.0.0.1:1/none", VAULT, source.folder, NOW)


async def test_the_run_time_role_cannot_restore(source: Source, target: DatabaseAddresses) -> None:
    await source.backup()
    with pytest.raises(CentreError, match="42501"):
        await restore(
            target.runtime, VAULT, newest_data(source.folder), source.folder / KEYS_NAME, LATER
        )
