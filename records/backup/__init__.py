"""Backup and restore: data and keys in two archives; see docs/backup.md."""

from records.backup.archive import ArchiveDamaged
from records.backup.folder import KEYS_NAME, newest_data
from records.backup.restoring import Restored, prove_trail, restore
from records.backup.taking import Backup, Written, backup

__all__ = [
    "KEYS_NAME",
    "ArchiveDamaged",
    "Backup",
    "Restored",
    "Written",
    "backup",
    "newest_data",
    "prove_trail",
    "restore",
]
