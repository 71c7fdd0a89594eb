"""Writing a backup: one snapshot, two archives."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from config.errors import CentreError, Conflict, Misconfigured
from records.actor import SYSTEM
from records.audit import write_audit
from records.backup.archive import ArchiveReader, ArchiveWriter, TableEntry
from records.backup.connection import OwnerConnection, owner_connection
from records.backup.folder import KEYS_NAME, BackupFolder, claimed, data_name
from records.backup.header import ArchiveKind, Header, KeyExtent
from records.backup.tables import columns_of, tables_of
from records.vault import Vault


@dataclass(frozen=True, slots=True)
class Written:
    """An archive that stands in the folder."""

    path: Path
    size: int
    tables: tuple[TableEntry, ...]

    @property
    def rows(self) -> int:
        """Return how many rows it holds."""
        return sum(table.rows for table in self.tables)


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup wrote; no data archive when only the keys were asked for."""

    data: Written | None
    keys: Written


async def backup(
    owner_dsn: str, vault: Vault, root: Path, now: datetime, *, keys_only: bool = False
) -> Backup:
    """Write a data archive and replace the key archive, both of one instant.

    Memory stays bounded. The service goes on meanwhile. The taking is in the
    audit trail, and in the backup itself. Files appear whole or not at all,
    keys first: whatever interrupts it, each data archive in the folder still
    has a key archive as recent as itself or later.

    Raises Misconfigured when a key is not this database's, its schema not
    this version's or the folder cannot be used; Conflict `backup_running`,
    or `other_database` when replacing the key archive would lose keys;
    Unavailable.
    """
    with claimed(root) as folder:
        async with owner_connection(owner_dsn) as owner:
            revision = await _prepared(owner, vault, now, keys_only=keys_only)
            async with owner.snapshot():
                extent = await _extent(owner)
                await _check_lineage(owner, folder, vault, extent)
                kek_id, _ = vault.audit_signer
                data = None
                if not keys_only:
                    header = Header(ArchiveKind.DATA, revision, kek_id, now)
                    name = data_name(now, header.archive_id.hex[-6:])
                    data = await _write(owner, folder, vault, header, name)
                header = Header(ArchiveKind.KEYS, revision, kek_id, now, extent)
                keys = await _write(owner, folder, vault, header, KEYS_NAME)
        for written in (keys, data):
            if written is not None:
                folder.publish(written.path.name)
    return Backup(data, keys)


async def _prepared(owner: OwnerConnection, vault: Vault, now: datetime, *, keys_only: bool) -> str:
    revision = await owner.revision()
    async with owner.transaction():
        # Under a wrong key the archives would be lost to whoever holds the right one.
        await vault.check(owner.tx, now)
        detail = {"kind": "keys" if keys_only else "all"}
        await write_audit(
            owner.tx, vault, SYSTEM, "backup_taken", "backup", None, None, now=now, detail=detail
        )
    return revision


async def _extent(owner: OwnerConnection) -> KeyExtent:
    row = await owner.tx.fetch_one("backup.key_extent")
    assert row is not None
    return KeyExtent(row["rows"], row["first"], row["last"])


async def _check_lineage(
    owner: OwnerConnection, folder: BackupFolder, vault: Vault, extent: KeyExtent
) -> None:
    """Refuse to replace a key archive by one that holds less.

    The nightly backup of a database lost and made anew, or of another one,
    would otherwise destroy the keys of every data archive in the folder.
    """
    path = folder.root / KEYS_NAME
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            before = ArchiveReader(file, path, vault, ArchiveKind.KEYS).header.keys
    except OSError as error:
        raise Misconfigured([f"{path}: {error.strerror}"]) from None
    except CentreError as error:
        raise Conflict(
            f"{error}; not replaced: move it away if it is no longer needed", code="other_database"
        ) from None
    if before is None or before.rows == 0:
        return
    ends = [key_id for key_id in (before.first, before.last) if key_id is not None]
    missing = await owner.tx.fetch_value("backup.missing_keys", ends)
    if missing or extent.rows < before.rows:
        raise Conflict(
            f"{path.name} holds {before.rows} keys that this database does not all have; it is "
            "another database, or an older state of it: back up into another folder",
            code="other_database",
        )


async def _write(
    owner: OwnerConnection, folder: BackupFolder, vault: Vault, header: Header, name: str
) -> Written:
    archive = ArchiveWriter(folder.draft(name), header, vault)
    for table in tables_of(header.kind):
        rows = archive.table(table.fullname, columns_of(table))
        sent = await owner.copy_out(table, rows.write)
        entry = rows.end()
        if entry.rows != sent:
            raise CentreError(
                f"{table.fullname}: {entry.rows} rows arrived of {sent}",
                code="archive_not_written",
            )
    return Written(folder.root / name, archive.size, archive.finish())
