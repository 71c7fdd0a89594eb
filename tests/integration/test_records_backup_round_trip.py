"""Backup and restore between two real databases: all comes back, of one instant, and nothing in clear."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from config.errors import CentreError
from contactcenter.engines import Engines
from records.audit import Sealer, verify
from records.backup import (
    KEYS_NAME,
    backup,
    newest_data,
    prove_trail,
)
from records.backup.archive import ArchiveReader
from records.backup.header import ArchiveKind
from records.cases import Cases
from records.database import Database
from records.forms import Forms
from records.messages import Messages
from records.staff.sessions import Sessions
from tests.kit.backups import LATER, PLANTED, VAULT, Source, a_source, restored
from tests.kit.engines import DatabaseAddresses, fresh_database
from tests.kit.filled_records import content
from tests.kit.planted import found_in, found_in_database, found_in_files
from tests.kit.record_rows import LINE, NOW, read


@pytest.fixture
async def source(database: DatabaseAddresses, tmp_path: Path) -> AsyncIterator[Source]:
    async with a_source(database, tmp_path / "backups") as filled:
        yield filled


@pytest.fixture
async def target(engines: Engines) -> AsyncIterator[DatabaseAddresses]:
    async with fresh_database(engines) as addresses:
        yield addresses


async def test_every_table_comes_back_as_it_was_but_for_what_a_restore_changes(
    source: Source, target: DatabaseAddresses
) -> None:
    written = await source.backup()
    before = await content(source.addresses.admin)
    assert written.data is not None
    filled = {name for name, rows in before.items() if rows}
    assert {"message", "contact_form", "case_file", "audit_seal", "audit_unsealed"} <= filled
    told = {entry.name: entry.rows for entry in (*written.data.tables, *written.keys.tables)}
    assert told == {name: len(before[name]) for name in told}

    summary = await restored(source, target)
    after = await content(target.admin)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {
        "audit",  # the restore is in the trail
        "audit_unsealed",
        "listener",  # nobody is present
        "presence_event",
        "staff_session",  # nobody is signed in
        "live_ticket",
    }
    assert after["staff_session"] == after["live_ticket"] == []
    assert set(before["audit"]) < set(after["audit"])
    assert before["blind_index"] == after["blind_index"] != []
    assert summary.rows == sum(told.values())
    assert (summary.index.indexed, summary.index.shredded, summary.index.damaged) == (1, 0, 0)
    assert summary.keyless == {}


async def test_what_was_sealed_is_read_again_after_a_restore(
    source: Source, target: DatabaseAddresses
) -> None:
    await source.backup()
    await restored(source, target)
    who = source.filled.listener
    async with Database.open(target.runtime, pool_size=4) as database:
        lines = await Messages(database, VAULT).after(
            source.filled.chat_id, 0, 10, for_visitor=False
        )
        assert [line.text for line in lines] == [PLANTED.sentence, "tab\t, line\nand \\."]
        form = await Forms(database, VAULT).read(who, source.filled.chat_id, LATER)
        assert form is not None
        assert form.values["alias"] == PLANTED.name
        case = await Cases(database, VAULT).get(who, source.filled.case_id, LATER)
        assert case.header.label == PLANTED.name
        with pytest.raises(CentreError):
            await Sessions(database, VAULT).find(b"a token's hash", NOW)


async def test_nobody_is_present_after_a_restore_and_the_history_says_since_when(
    source: Source, target: DatabaseAddresses
) -> None:
    await source.backup()
    await restored(source, target)
    async with Database.open(target.runtime, pool_size=2) as database:
        (row,) = await read(database, "SELECT state, version FROM listener")
        assert row == {"state": "offline", "version": 2}
        (event,) = await read(
            database, "SELECT state, version FROM presence_event WHERE reason = 'restored'"
        )
        assert event == row


async def test_the_audit_trail_verifies_after_a_restore_against_the_head_kept_outside(
    source: Source, target: DatabaseAddresses
) -> None:
    await source.backup()
    head = await Sealer(source.database, VAULT).head()
    await restored(source, target)
    verdict = await prove_trail(target.owner, VAULT, LATER)
    assert verdict.problems == ()
    async with Database.open(target.runtime, pool_size=2) as database:
        verdict = await verify(database, VAULT, LATER, expected=head)
        assert verdict.problems == ()
        told = await read(database, "SELECT action FROM audit WHERE object_kind = 'backup'")
    assert {row["action"] for row in told} == {"backup_taken", "backup_restored"}


async def test_the_service_goes_on_after_a_restore_with_the_rights_it_had(
    source: Source, target: DatabaseAddresses, tmp_path: Path
) -> None:
    await source.backup()
    await restored(source, target)
    async with Database.open(target.runtime, pool_size=4) as database:
        await Cases(database, VAULT).create(source.filled.listener, LINE, LATER, label="Lou")
    again = await backup(target.owner, VAULT, source.folder, LATER)
    assert again.keys.rows == 5 + 2  # one key more, the check values


async def test_more_rows_than_one_page_or_block_holds_come_back(
    source: Source, target: DatabaseAddresses
) -> None:
    await source.database.act("configuration.keep_config_version", "large", {"x": "y" * 10**6}, NOW)
    admin = await asyncpg.connect(source.addresses.admin, timeout=10)
    await admin.execute(
        "INSERT INTO contact_fact SELECT $1, 'n', i::text, 'dlpm' FROM generate_series(1, 50000) i",
        source.filled.chat_id,
    )
    await admin.close(timeout=10)
    await source.backup()
    before = await content(source.addresses.admin)
    await restored(source, target)
    after = await content(target.admin)
    assert before["contact_fact"] == after["contact_fact"]
    assert before["config_version"] == after["config_version"]


async def test_nothing_personal_stands_in_clear_in_the_archives(source: Source) -> None:
    await source.backup()
    secrets = [*PLANTED.all, "Anne Fictive", "argon2", "JBSWY3DPEHPK3PXP", "dlpm", "qualification"]
    assert found_in_files([source.folder], secrets) == []


@pytest.mark.parametrize("kind", list(ArchiveKind))
async def test_an_opened_archive_still_shows_nothing_of_a_child(
    source: Source, kind: ArchiveKind
) -> None:
    await source.backup()
    path = source.folder / KEYS_NAME if kind is ArchiveKind.KEYS else newest_data(source.folder)
    archive = ArchiveReader(io.BytesIO(path.read_bytes()), path, VAULT, kind)
    text = b""
    while archive.next_table() is not None:
        text += b"".join(archive.blocks())
    # COPY writes bytes in hexadecimal, one of the disguises looked for.
    assert found_in(text, [*PLANTED.all, "JBSWY3DPEHPK3PXP"]) == []
    assert (b"Anne Fictive" in text) is (kind is ArchiveKind.DATA)
    assert b"a token's hash".hex().encode() not in text


async def test_a_restored_database_shows_nothing_of_a_child(
    source: Source, target: DatabaseAddresses
) -> None:
    await source.backup()
    await restored(source, target)
    assert await found_in_database(target.admin, PLANTED.all) == []


async def test_data_and_keys_are_of_one_instant_while_contacts_come_in(
    source: Source, target: DatabaseAddresses
) -> None:
    cases = Cases(source.database, VAULT)
    stop = asyncio.Event()

    async def busy() -> None:
        while not stop.is_set():
            await cases.create(source.filled.listener, LINE, NOW, label=PLANTED.name)

    async with asyncio.TaskGroup() as group:
        group.create_task(busy())
        await source.backup()
        stop.set()
    summary = await restored(source, target)
    assert summary.keyless == {}
    async with Database.open(target.runtime, pool_size=2) as database:
        (row,) = await read(
            database,
            "SELECT count(*) AS cases, count(data_key) AS keys FROM case_file"
            " LEFT JOIN keys.data_key ON owner_id = case_id",
        )
    assert row["cases"] == row["keys"] > 0


async def test_the_manifest_has_the_digest_of_each_table(source: Source) -> None:
    written = await source.backup()
    assert written.data is not None
    told = {entry.name: entry for entry in written.data.tables}
    admin = await asyncpg.connect(source.addresses.admin, timeout=10)
    sink = io.BytesIO()
    await admin.copy_from_table("staff_line", output=sink, format="text")
    await admin.close(timeout=10)
    assert told["staff_line"].sha256 == hashlib.sha256(sink.getvalue()).hexdigest()
    assert (told["staff_line"].rows, told["staff_line"].size) == (1, len(sink.getvalue()))
