"""Reading a backup back: old data, current keys."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from config.errors import Conflict, Misconfigured
from config.ids import new_id
from config.vocabulary import PresenceState
from records.actor import SYSTEM
from records.audit import Sealer, Verdict, verify, write_audit
from records.backup.archive import ArchiveReader
from records.backup.blind_index import Rebuilt, rebuild_blind_index
from records.backup.connection import OwnerConnection, owner_connection
from records.backup.header import ArchiveKind, Header
from records.backup.tables import columns_of, every_table, has_rows, lock_all, tables_of
from records.database import Database
from records.vault import Vault

_TRAIL_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore brought back, and what it could not."""

    data: Header
    keys: Header
    rows: int
    shredded_contacts: int
    shredded_cases: int
    index: Rebuilt
    keyless: Mapping[str, int]  # sealed values by place, whose key no archive holds


async def restore(
    owner_dsn: str, vault: Vault, data_path: Path, keys_path: Path, now: datetime
) -> Restored:
    """Fill an empty database of the same schema from a data archive and the current keys.

    Both archives are read to their end before anything is written, and all is
    written in one transaction. What was shredded since the data was archived
    stays unreadable; the blind index is made from the rest; nobody is
    present; sessions are gone. The restore is in the audit trail.

    Raises ArchiveDamaged or CentreError `other_vault_key` naming the archive;
    Conflict `database_not_empty`, `other_revision`, or `keys_too_old`;
    Misconfigured when INDEX_KEY is not the one of these archives; Unavailable.
    """
    with (
        _archive(data_path, vault, ArchiveKind.DATA) as data,
        _archive(keys_path, vault, ArchiveKind.KEYS) as keys,
    ):
        _check_pair(data.header, keys.header)
        for archive in (data, keys):
            for _ in archive.skim():
                await asyncio.sleep(0)  # a signal is heard meanwhile
    async with owner_connection(owner_dsn) as owner:
        _check_revision(data.header, await owner.revision())
        async with owner.transaction():
            await _check_empty(owner)
            rows = 0
            for path, kind in ((keys_path, ArchiveKind.KEYS), (data_path, ArchiveKind.DATA)):
                with _archive(path, vault, kind) as archive:
                    rows += await _load(owner, archive)
            restored = await _settled(owner, vault, data.header, keys.header, rows, now)
        await owner.run("ANALYZE")
    return restored


async def prove_trail(owner_dsn: str, vault: Vault, now: datetime) -> Verdict:
    """Seal what the backup found unsealed, and verify the whole audit trail."""
    async with Database.open(owner_dsn, pool_size=1, statement_seconds=_TRAIL_SECONDS) as database:
        sealer = Sealer(database, vault)
        while await sealer.seal_once(now):
            pass
        return await verify(database, vault, now)


@contextmanager
def _archive(path: Path, vault: Vault, kind: ArchiveKind) -> Iterator[ArchiveReader]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise Misconfigured([f"{path}: {error.strerror}"]) from None
    with file:
        yield ArchiveReader(file, path, vault, kind)


def _check_pair(data: Header, keys: Header) -> None:
    if keys.made_at < data.made_at:
        raise Conflict(
            f"the key archive is of {keys.made_at:%Y-%m-%d %H:%M:%S} UTC, older than the data of "
            f"{data.made_at:%Y-%m-%d %H:%M:%S}: only the latest key archive serves",
            code="keys_too_old",
        )
    if keys.revision != data.revision:
        raise Conflict(
            f"the data archive is of schema {data.revision}, the key archive of {keys.revision}",
            code="other_revision",
        )


def _check_revision(archive: Header, revision: str) -> None:
    if archive.revision != revision:
        raise Conflict(
            f"the archives are of schema {archive.revision}, the database of {revision}: restore "
            "with the version of the program that made them, then migrate",
            code="other_revision",
        )


async def _check_empty(owner: OwnerConnection) -> None:
    # Held until the commit: a service that starts meanwhile waits, and writes nothing first.
    await owner.run(lock_all())
    filled = [table.fullname for table in every_table() if await owner.value(has_rows(table))]
    if filled:
        raise Conflict(
            f"the database is not empty: there are rows in {', '.join(filled)}",
            code="database_not_empty",
        )


async def _load(owner: OwnerConnection, archive: ArchiveReader) -> int:
    total = 0
    for table in tables_of(archive.header.kind):
        if archive.next_table() != (table.fullname, columns_of(table)):
            raise archive.damage(f"table {table.fullname} is not where it should be")
        total += await owner.copy_in(table, archive.blocks())
    if archive.next_table() is not None:
        raise archive.damage("it holds a table that this schema does not have")
    return total


async def _settled(
    owner: OwnerConnection, vault: Vault, data: Header, keys: Header, rows: int, now: datetime
) -> Restored:
    tx = owner.tx
    await vault.check(tx, now)
    # After a change of VAULT_KEY the archived keys are wrapped by the one before.
    while await vault.rotate(tx):
        pass
    contacts = await tx.execute("backup.shred_contacts")
    cases = await tx.execute("backup.shred_cases")
    await _nobody_present(owner, now)
    index = await rebuild_blind_index(tx, vault)
    keyless = {row["place"]: row["count"] for row in await tx.fetch("backup.keyless")}
    await write_audit(
        tx,
        vault,
        SYSTEM,
        "backup_restored",
        "backup",
        data.archive_id,
        None,
        now=now,
        detail={"keys": keys.archive_id, "shredded_contacts": contacts, "shredded_cases": cases},
    )
    return Restored(data, keys, rows, contacts, cases, index, keyless)


async def _nobody_present(owner: OwnerConnection, now: datetime) -> None:
    """End the presence of the backup's hour: its sessions are gone, and time has passed."""
    for row in await owner.tx.fetch("presence.all_present"):
        offline = PresenceState.OFFLINE
        declared = await owner.tx.fetch_one(
            "presence.declare",
            row["staff_id"],
            row["session_id"],
            offline,
            now,
            row["profile_id"],
            row["max_chats"],
            "restored",
            None,
            0,
            None,
        )
        assert declared is not None
        await owner.tx.execute(
            "presence.add_event",
            new_id(),
            row["staff_id"],
            row["session_id"],
            offline,
            "restored",
            declared["version"],
            now,
        )
