"""Who the engines run as: `nobody` when we are root (PostgreSQL refuses root), else ourselves."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

KERNEL_OVERFLOW_ID = 65534  # what `nobody` is on Linux, should passwd not name it


@dataclass(frozen=True)
class Identity:
    """A user that a child process becomes; `changes` is false when that is who we are."""

    uid: int
    gid: int
    changes: bool

    def give(self, path: Path) -> None:
        """Make `path`, which this process created, belong to this user."""
        if self.changes:
            os.chown(path, self.uid, self.gid)


def engine_identity() -> Identity:
    """Return who the engines must run as in this process."""
    if os.geteuid() != 0:
        return Identity(os.geteuid(), os.getegid(), changes=False)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Identity(KERNEL_OVERFLOW_ID, KERNEL_OVERFLOW_ID, changes=True)
    return Identity(nobody.pw_uid, nobody.pw_gid, changes=True)
