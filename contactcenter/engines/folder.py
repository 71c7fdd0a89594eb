"""The engines' folder: one instance at a time, its passwords, its data.

DATA_DIR/engines/
├── lock            held by us AND inherited by the engines: free means none of them is alive
├── passwords.json  mode 0600
├── postgres/       mode 0700, the engines' user
├── postgres.log    what the engine says at start and at fault; never statements or values
├── valkey/         mode 0700, the engines' user
└── valkey.log

Engines find their data through the working directory they are started in, so
the folder may be relative, very long, or inside folders closed to their user.
"""

import asyncio
import fcntl
import json
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import psutil

from config.clock import monotonic
from config.errors import Misconfigured
from contactcenter.engines.identity import Identity

# A path that needs no permission on the folders above, and never gets too long.
HERE = "/proc/self/cwd"

ORPHANS_SECONDS = 15.0  # engines told of our predecessor's death end well within this
LOCK_POLL_SECONDS = 0.05
LOG_KEEP_BYTES = 4_000_000


@dataclass(frozen=True, repr=False)
class Passwords:
    """What each role proves itself with; made once per folder."""

    superuser: str
    owner: str
    app: str
    valkey: str


@dataclass(frozen=True)
class EngineFolder:
    """A claimed folder; `lock_fd` is to be inherited by every engine started on it."""

    root: Path
    identity: Identity
    lock_fd: int
    passwords: Passwords

    @property
    def postgres(self) -> Path:
        """Return PostgreSQL's data folder."""
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        """Return Valkey's working folder."""
        return self.root / "valkey"

    def make_for_engine(self, path: Path) -> None:
        """Create `path` for the engines' user alone; raise Misconfigured if another user has it."""
        if not path.exists():
            path.mkdir(mode=0o700)
            self.identity.give(path)
        owner = path.stat().st_uid
        if owner != self.identity.uid:
            raise Misconfigured(
                [
                    (
                        f"DATA_DIR: {path} belongs to uid {owner} but the engines run as uid "
                        f"{self.identity.uid}; start as the user who made it, or use another folder"
                    )
                ]
            )

    def open_log(self, name: str) -> int:
        """Return a descriptor that appends to `name`.log; a large one is set aside first."""
        path = self.root / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_KEEP_BYTES:
            path.replace(path.with_suffix(".log.old"))
        return private_log(path)

    def log_tail(self, name: str, lines: int = 6) -> str:
        """Return the last lines an engine wrote, for the operator's error message."""
        path = self.root / f"{name}.log"
        if not path.exists():
            return "(no log)"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


@asynccontextmanager
async def claimed(data_dir: Path, identity: Identity) -> AsyncIterator[EngineFolder]:
    """Hold `data_dir`/engines for this process.

    Raises Misconfigured when another instance is using it, when another user
    owns it, or when it cannot be written. Engines left by a killed
    predecessor are dying already: they are waited for.
    """
    root, lock_fd = _opened(data_dir)
    try:
        await _take(lock_fd, root)
        yield EngineFolder(root, identity, lock_fd, _passwords(root / "passwords.json"))
    finally:
        os.close(lock_fd)


def in_use(data_dir: Path) -> bool:
    """Return whether a living process holds the folder, without waiting for it."""
    try:
        lock_fd = os.open(data_dir.absolute() / "engines/lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _living_holder(os.pread(lock_fd, 100, 0)) is not None
    else:
        return False
    finally:
        os.close(lock_fd)


def _opened(data_dir: Path) -> tuple[Path, int]:
    root = data_dir.absolute() / "engines"
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return root, os.open(root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Misconfigured([f"DATA_DIR: {root}: {error.strerror}"]) from error


async def _take(lock_fd: int, root: Path) -> None:
    give_up_at = monotonic() + ORPHANS_SECONDS
    while True:
        try:
            fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            holder = _living_holder(os.pread(lock_fd, 100, 0))
            if holder is not None:
                raise Misconfigured(
                    [f"DATA_DIR: {root.parent} is in use by process {holder}; stop it first"]
                ) from None
            if monotonic() >= give_up_at:
                raise Misconfigured(
                    [
                        (
                            f"DATA_DIR: engines left by a dead instance still run on {root.parent}; "
                            f"find them with: fuser {root / 'lock'}"
                        )
                    ]
                ) from None
            await asyncio.sleep(LOCK_POLL_SECONDS)
    os.ftruncate(lock_fd, 0)
    born = psutil.Process().create_time()
    os.pwrite(lock_fd, f"{os.getpid()} {born}".encode(), 0)


def _living_holder(written: bytes) -> int | None:
    """Return the pid that wrote the lock if that very process still runs (pids are reused)."""
    try:
        pid_text, born_text = written.decode().split()
        pid, born = int(pid_text), float(born_text)
        process = psutil.Process(pid)
        if process.create_time() == born and process.status() != psutil.STATUS_ZOMBIE:
            return pid
    except (ValueError, psutil.Error):
        pass
    return None


def _passwords(path: Path) -> Passwords:
    names = [field.name for field in fields(Passwords)]
    if path.exists():
        try:
            return Passwords(**json.loads(path.read_text()))
        except (ValueError, TypeError) as error:
            raise Misconfigured([f"{path}: unreadable; expected the keys {names}"]) from error
    made = Passwords(**{name: secrets.token_urlsafe(32) for name in names})
    write_private(path, json.dumps(asdict(made)))
    return made


def write_private(path: Path, content: str) -> None:
    """Write `path` with mode 0600, whole or not at all, and on disk when this returns."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def private_log(path: Path) -> int:
    """Return a descriptor that appends to a log which its owner alone reads, an older one included."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    os.fchmod(descriptor, 0o600)  # one that an earlier release left open to all
    return descriptor
