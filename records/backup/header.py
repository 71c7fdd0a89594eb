"""What an archive says of itself in clear: its first line, bound to every frame after it.

Nothing about anybody stands there: ids, counts and instants only.
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from config.ids import new_id

FORMAT = 1
LINE_BYTES = 4096

_SIGN = "contactcenter"
_SALT_BYTES = 32
_NOT_OURS = "not an archive of ours, or its first line is damaged"


class ArchiveKind(StrEnum):
    """Data and keys never share an archive: they are kept for different lengths of time."""

    DATA = "data"
    KEYS = "keys"


@dataclass(frozen=True, slots=True)
class KeyExtent:
    """How many data keys an archive holds, the first and the last by id.

    Data keys are wiped, never deleted; so a later archive of the same
    database has as many or more, these two among them.
    """

    rows: int
    first: UUID | None
    last: UUID | None


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of an archive; `revision` is the schema's, `kek_id` names the VAULT_KEY."""

    kind: ArchiveKind
    revision: str
    kek_id: str
    made_at: datetime  # the instant of the snapshot
    keys: KeyExtent | None = None  # of a key archive
    archive_id: UUID = field(default_factory=new_id)
    salt: str = field(default_factory=lambda: secrets.token_hex(_SALT_BYTES))

    def line(self) -> bytes:
        """Return the line, its end included."""
        told = {
            "archive": _SIGN,
            "format": FORMAT,
            "kind": self.kind,
            "revision": self.revision,
            "kek_id": self.kek_id,
            "made_at": self.made_at.isoformat(),
            "archive_id": str(self.archive_id),
            "salt": self.salt,
        }
        if self.keys is not None:
            told["keys"] = [self.keys.rows, _text(self.keys.first), _text(self.keys.last)]
        return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def parse_header(line: bytes) -> Header:
    """Return the header that `line` is.

    Raises ValueError, its text meant for the operator, when it is none or of
    a format that this version does not read.
    """
    told = _told(line)
    if told.get("archive") != _SIGN:
        raise ValueError(_NOT_OURS)
    if told.get("format") != FORMAT:
        raise ValueError(f"of format {told.get('format')!r:.8}, this version reads {FORMAT}")
    try:
        extent = told.get("keys")
        return Header(
            ArchiveKind(told["kind"]),
            str(told["revision"]),
            str(told["kek_id"]),
            _aware(told["made_at"]),
            None if extent is None else KeyExtent(int(extent[0]), *map(_id, extent[1:])),
            UUID(told["archive_id"]),
            str(told["salt"]),
        )
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise ValueError(_NOT_OURS) from None


def _told(line: bytes) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except ValueError:  # UnicodeDecodeError among them
        told = None
    return told if isinstance(told, dict) else {}


def _aware(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(_NOT_OURS)
    return instant


def _text(key_id: UUID | None) -> str | None:
    return None if key_id is None else str(key_id)


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
