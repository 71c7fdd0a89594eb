"""`backup` and `restore` as an operator types them, over a database in use."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.clock import SystemClock
from config.settings import decode_key, load_settings
from contactcenter.cli.keys import with_keys
from contactcenter.engines import Engines, embedded_engines
from records.database import Database
from records.migrate import migrate
from records.vault import Vault
from tests.integration.test_cli_commands import contactcenter
from tests.kit.engines import DatabaseAddresses, fresh_database
from tests.kit.filled_records import Filled, fill
from tests.kit.planted import Planted, found_in
from tests.kit.settings import INDEX_KEY, VAULT_KEY, environment

VAULT = Vault(bytes.fromhex(VAULT_KEY), bytes.fromhex(INDEX_KEY))
PLANTED = Planted()


def settings_of(addresses: DatabaseAddresses, tmp_path: Path) -> dict[str, str]:
    return environment(
        database_url=addresses.runtime,
        migrate_database_url=addresses.owner,
        redis_url="redis://127.0.0.1:1/0",
        data_dir=tmp_path / "data",
    )


@pytest.fixture
async def filled(database: DatabaseAddresses) -> Filled:
    async with Database.open(database.runtime, pool_size=2) as opened:
        return await fill(opened, VAULT, PLANTED)


@pytest.fixture
async def target(engines: Engines) -> AsyncIterator[DatabaseAddresses]:
    async with fresh_database(engines) as addresses:
        yield addresses


async def test_a_backup_is_restored_elsewhere_by_the_two_commands(
    database: DatabaseAddresses, target: DatabaseAddresses, filled: Filled, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    code, out, err = await contactcenter(
        "backup", str(folder), settings=settings_of(database, tmp_path)
    )
    assert (code, err) == (0, "")
    data, keys, warning = out.splitlines()
    assert data.startswith(f"{folder}/data-")
    assert keys.startswith(f"{folder}/keys.ccbackup: 2 tables, 6 rows, ")
    assert warning.startswith("Keep no older keys.ccbackup")
    async with (
        Database.open(database.runtime, pool_size=2) as opened,
        opened.transaction() as tx,
    ):
        await VAULT.destroy_key(tx, "contact", filled.chat_id, SystemClock().now())
    code, more, err = await contactcenter(
        "backup", str(folder), "--keys", settings=settings_of(database, tmp_path)
    )
    assert (code, err) == (0, "")
    assert "data-" not in more

    code, told, err = await contactcenter(
        "restore", str(folder), settings=settings_of(target, tmp_path)
    )
    assert (code, err) == (0, "")
    assert "shredded, and so unreadable: 1 contacts, 0 cases" in told
    assert "WRONG" not in told
    assert "seals, whole" in told
    assert "REDIS_URL" in told.splitlines()[-1]
    assert found_in((out + more + told).encode(), PLANTED.all) == []

    code, out, err = await contactcenter(
        "restore", str(folder), settings=settings_of(target, tmp_path)
    )
    assert (code, out) == (1, "")
    assert err.startswith("database_not_empty: ")


async def test_what_is_missing_or_wrong_is_told_in_a_line_each(
    database: DatabaseAddresses, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    code, out, err = await contactcenter("backup", str(folder))
    assert (code, out) == (2, "")
    told = [line.split(":")[1].strip() for line in err.splitlines()]
    assert told == ["MIGRATE_DATABASE_URL", "VAULT_KEY", "INDEX_KEY"]
    assert not folder.exists()
    settings = settings_of(database, tmp_path)
    code, _, err = await contactcenter("restore", str(folder), settings=settings)
    assert (code, "no data archive" in err) == (2, True)
    (tmp_path / "key").write_text("open sesame")
    arguments = ("restore", str(folder), "--old-vault-key", str(tmp_path / "key"))
    code, _, err = await contactcenter(*arguments, settings=settings)
    assert (code, "must hold 32 bytes" in err, "sesame" in err) == (2, True, False)
    (folder / "keys.ccbackup").parent.mkdir()
    (folder / "keys.ccbackup").write_text("x")
    (folder / "data-x.ccbackup").write_text("x")
    code, _, err = await contactcenter("restore", str(folder), settings=settings)
    assert (code, err) == (
        1,
        "archive_damaged: data-x.ccbackup: not an archive of ours, or its first line is damaged\n",
    )


async def test_a_failing_trail_ends_a_restore_with_one(
    database: DatabaseAddresses, target: DatabaseAddresses, filled: Filled, tmp_path: Path
) -> None:
    async with Database.open(database.owner, pool_size=1) as owner, owner.reading() as tx:
        await tx._connection.execute(
            "UPDATE audit SET action = 'other' WHERE audit_id = "
            "(SELECT audit_id FROM audit ORDER BY audit_id LIMIT 1)"
        )
    folder = tmp_path / "backups"
    code, _, _ = await contactcenter(
        "backup", str(folder), settings=settings_of(database, tmp_path)
    )
    assert code == 0
    code, out, _ = await contactcenter(
        "restore", str(folder), settings=settings_of(target, tmp_path)
    )
    assert code == 1
    assert "seals, WRONG" in out
    assert out.count("altered") == 1


async def test_the_records_of_a_folder_are_backed_up_and_restored_into_another(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "backups"
    here, there = ({"DATA_DIR": str(tmp_path / name)} for name in ("here", "there"))
    settings = with_keys(load_settings(here))
    assert settings.vault_key is not None
    assert settings.index_key is not None
    vault = Vault(decode_key(settings.vault_key), decode_key(settings.index_key))
    async with embedded_engines(settings.data_dir) as engines:
        await migrate(engines.migrate_database_url)
        async with Database.open(engines.database_url, pool_size=2) as opened:
            await fill(opened, vault, PLANTED)
    code, _, err = await contactcenter("backup", str(folder), "--embedded", settings=here)
    assert code == 0, err
    keys = {
        name: (tmp_path / "here/keys" / name.lower()).read_text()
        for name in ("VAULT_KEY", "INDEX_KEY")
    }
    code, out, err = await contactcenter(
        "restore", str(folder), "--embedded", settings=there | keys
    )
    assert code == 0, err
    assert "seals, whole" in out
    assert "blind index: 1 write-ups" in out
