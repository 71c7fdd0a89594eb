"""Old data, current keys: what was shredded stays shredded, and no key is lost by mistake."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from config.errors import CentreError, Conflict, NotFound
from contactcenter.engines import Engines
from records.backup import (
    KEYS_NAME,
    backup,
    newest_data,
    prove_trail,
    restore,
)
from records.database import Database
from records.forms import Forms
from records.messages import Messages
from records.vault import Vault
from tests.kit.backups import LATER, PLANTED, VAULT, Source, a_source, restored
from tests.kit.engines import DatabaseAddresses, fresh_database
from tests.kit.record_rows import read


@pytest.fixture
async def source(database: DatabaseAddresses, tmp_path: Path) -> AsyncIterator[Source]:
    async with a_source(database, tmp_path / "backups") as filled:
        yield filled


@pytest.fixture
async def target(engines: Engines) -> AsyncIterator[DatabaseAddresses]:
    async with fresh_database(engines) as addresses:
        yield addresses


async def test_a_key_destroyed_after_the_data_backup_shreds_it_in_the_restore_too(
    source: Source, target: DatabaseAddresses
) -> None:
    first = await source.backup()
    await source.destroy("contact", source.filled.chat_id)
    await source.destroy("contact", source.filled.call_id)
    await source.destroy("case", source.filled.case_id)
    await source.backup(LATER, keys_only=True)
    assert first.data is not None
    summary = await restored(source, target, data=first.data.path)
    assert (summary.shredded_contacts, summary.shredded_cases) == (2, 1)
    assert (summary.index.indexed, summary.index.shredded) == (0, 1)
    chat = source.filled.chat_id
    async with Database.open(target.runtime, pool_size=4) as database:
        with pytest.raises(NotFound) as caught:
            await Messages(database, VAULT).after(chat, 0, 10, for_visitor=False)
        assert caught.value.code == "shredded"
        with pytest.raises(NotFound):
            await Forms(database, VAULT).read(source.filled.listener, chat, LATER)
        (form,) = await read(database, "SELECT coded FROM contact_form")
        assert form["coded"] == {"qualification": "ip"}
        (fact,) = await read(database, "SELECT fact, value FROM contact_fact")
        assert fact == {"fact": "qualification", "value": "ip"}
        assert await read(database, "SELECT * FROM blind_index") == []
        rows = await read(database, "SELECT state, shredded_at, number_hmac FROM contact")
        assert {row["state"] for row in rows} == {"active", "arriving"}
        assert {row["shredded_at"] for row in rows} == {LATER}
        assert {row["number_hmac"] for row in rows} == {None}


async def test_only_the_latest_key_archive_is_kept_and_each_data_archive(source: Source) -> None:
    await source.backup()
    first = (source.folder / KEYS_NAME).read_bytes()
    await source.backup(LATER)
    await source.backup(LATER + timedelta(hours=1), keys_only=True)
    names = sorted(path.name for path in source.folder.iterdir())
    assert len(names) == 4
    assert names[0] == ".lock"
    assert names[1].startswith("data-20260105T120000Z-")
    assert names[2].startswith("data-20260105T130000Z-")
    assert names[3] == KEYS_NAME
    assert (source.folder / KEYS_NAME).read_bytes() != first
    assert {path.stat().st_mode & 0o777 for path in source.folder.iterdir()} == {0o600}


async def test_an_older_key_archive_does_not_bring_shredded_words_back(
    source: Source, target: DatabaseAddresses
) -> None:
    await source.backup()
    old = source.folder / "old"
    old.write_bytes((source.folder / KEYS_NAME).read_bytes())
    await source.backup(LATER)
    data = newest_data(source.folder)
    with pytest.raises(Conflict, match="only the latest key archive serves") as caught:
        await restore(target.owner, VAULT, data, old, LATER)
    assert caught.value.code == "keys_too_old"


async def test_a_database_made_anew_does_not_replace_the_keys_of_the_lost_one(
    source: Source, target: DatabaseAddresses
) -> None:
    await source.backup()
    kept = {path.name: path.read_bytes() for path in source.folder.iterdir()}
    with pytest.raises(Conflict, match="holds 4 keys") as caught:
        await backup(target.owner, VAULT, source.folder, LATER)
    assert caught.value.code == "other_database"
    assert {path.name: path.read_bytes() for path in source.folder.iterdir()} == kept


async def test_a_key_archive_that_cannot_be_read_is_not_replaced(source: Source) -> None:
    await source.backup()
    (source.folder / KEYS_NAME).write_bytes(b"something else\n")
    with pytest.raises(Conflict, match="move it away"):
        await source.backup(LATER)
    assert (source.folder / KEYS_NAME).read_bytes() == b"something else\n"


async def test_values_whose_key_no_archive_holds_are_counted_by_place(
    source: Source, target: DatabaseAddresses
) -> None:
    admin = await asyncpg.connect(source.addresses.admin, timeout=10)
    await admin.execute("DELETE FROM keys.data_key WHERE owner_id = $1", source.filled.chat_id)
    await admin.close(timeout=10)
    await source.backup()
    summary = await restored(source, target)
    assert summary.keyless == {"contact_form.sealed": 1, "message.body_sealed": 2}
    assert (summary.index.indexed, summary.index.damaged) == (0, 1)


async def test_old_data_is_restored_with_keys_wrapped_by_a_newer_vault_key(
    source: Source, target: DatabaseAddresses
) -> None:
    await source.backup()
    both = Vault(b"n" * 32, b"i" * 32, old_vault_keys=[b"v" * 32])
    new = Vault(b"n" * 32, b"i" * 32)
    with pytest.raises(CentreError) as caught:
        await restored(source, target, new)
    assert caught.value.code == "other_vault_key"
    await restored(source, target, both)
    assert (await prove_trail(target.owner, both, LATER)).problems == ()
    async with Database.open(target.runtime, pool_size=2) as database:
        async with database.transaction() as tx:
            await new.check(tx, LATER)
        lines = await Messages(database, new).after(source.filled.chat_id, 0, 1, for_visitor=False)
    assert lines[0].text == PLANTED.sentence
