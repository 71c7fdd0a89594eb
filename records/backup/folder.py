"""The folder of backups: whole files or none, mode 0600, one writer at a time.

data-20260105T120000Z-9f3a1c.ccbackup   one per backup
keys.ccbackup                           one in all: each backup replaces it
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from config.errors import CentreError, Conflict, Misconfigured

SUFFIX = ".ccbackup"
KEYS_NAME = f"keys{SUFFIX}"

_DRAFT_SUFFIX = f"{SUFFIX}.new"


def data_name(made_at: datetime, mark: str) -> str:
    """Return the name of a data archive; names sort by instant, `mark` tells two of a second."""
    return f"data-{made_at:%Y%m%dT%H%M%SZ}-{mark}{SUFFIX}"


def newest_data(root: Path) -> Path:
    """Return the newest data archive of a folder; raise Misconfigured when it has none."""
    found = sorted(root.glob(f"data-*{SUFFIX}")) if root.is_dir() else []
    if not found:
        raise Misconfigured([f"{root}: no data archive (data-…{SUFFIX}) in this folder"])
    return found[-1]


class Draft:
    """A file that does not count yet."""

    def __init__(self, path: Path) -> None:
        """Create `path`, for us alone."""
        self.path = path
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def write(self, data: bytes, /) -> None:
        """Append. Raises our own error: the driver that calls this takes an OSError for its own."""
        try:
            self._file.write(data)
        except OSError as error:
            raise _not_written(self.path, error) from None

    def settle(self) -> None:
        """Bring all of it to the disk and let go of it."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise _not_written(self.path, error) from None

    def abandon(self) -> None:
        """Remove the file, whatever state it is in."""
        with suppress(OSError):  # of the last piece, which the disk may have no room for
            self._file.close()
        self.path.unlink(missing_ok=True)


class BackupFolder:
    """A folder that this process alone writes backups into."""

    def __init__(self, root: Path) -> None:
        """Use `claimed`."""
        self.root = root
        self._drafts: dict[str, Draft] = {}

    def draft(self, name: str) -> Draft:
        """Begin the file `name`; it appears under that name once published."""
        try:
            draft = Draft(self.root / f".{name}.new")
        except OSError as error:
            raise _not_written(self.root / name, error) from None
        self._drafts[name] = draft
        return draft

    def publish(self, name: str) -> None:
        """Give a draft its name, in place of the file that had it; on the disk when this returns."""
        draft = self._drafts[name]
        try:
            draft.settle()
            draft.path.replace(self.root / name)
            del self._drafts[name]
            self._settle()
        except OSError as error:
            raise _not_written(self.root / name, error) from None

    def forget_drafts(self) -> None:
        """Remove what was never published: ours, or left by a killed predecessor."""
        for draft in self._drafts.values():
            draft.abandon()
        self._drafts.clear()
        for path in self.root.glob(f".*{_DRAFT_SUFFIX}"):
            path.unlink(missing_ok=True)

    def _settle(self) -> None:
        folder = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def claimed(root: Path) -> Iterator[BackupFolder]:
    """Hold the folder, made with mode 0700 if it is not there.

    One writer at a time also means that key archives replace each other in
    the order of their snapshots. Raises Misconfigured when the folder cannot
    be used, Conflict `backup_running`.
    """
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Misconfigured([f"{root}: {error.strerror}"]) from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                f"another backup into {root} is under way", code="backup_running"
            ) from None
        folder = BackupFolder(root)
        folder.forget_drafts()
        try:
            yield folder
        finally:
            folder.forget_drafts()
    finally:
        os.close(lock)


def _not_written(path: Path, error: OSError) -> CentreError:
    return CentreError(f"{path}: {error.strerror}", code="archive_not_written")
