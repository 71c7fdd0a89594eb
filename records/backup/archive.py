"""The archive: a line in clear, then sealed frames; read and written as a stream.

    header line   see header.py
    frames        4 bytes of length, then AES-256-GCM of one kind byte and its payload

    T   a table begins: its name and columns
    D   up to 256 kB of its rows as COPY's text, deflated
    M   the manifest, last: rows, bytes and SHA-256 of each table

A frame's nonce is its number, under a key that only this archive has. So no
frame can be changed, moved, repeated, left out or taken from elsewhere, and an
archive without its manifest is known to be cut short. COPY's text, not its
binary form: that is the one PostgreSQL promises to read in later versions.
"""

import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from config.errors import CentreError
from records.backup.header import LINE_BYTES, ArchiveKind, Header, parse_header
from records.vault import Vault

BLOCK_BYTES = 256 * 1024
# A block that does not shrink grows by a few bytes; tables' names take far less than this.
FRAME_BYTES = BLOCK_BYTES + 64 * 1024

_TABLE, _DATA, _MANIFEST = b"T", b"D", b"M"
_LENGTH_BYTES = 4
# Sealed values are noise in hexadecimal: any level halves them, the first is the quickest.
_LEVEL = 1


class ArchiveDamaged(CentreError):
    """An archive is cut short, altered, or not what it should be; the message says where."""

    code = "archive_damaged"


@dataclass(frozen=True, slots=True)
class TableEntry:
    """A table as the manifest tells it."""

    name: str
    columns: tuple[str, ...]
    rows: int
    size: int
    sha256: str


class Sink(Protocol):
    """Where an archive goes."""

    def write(self, data: bytes, /) -> None:
        """Take all of `data`."""


class ArchiveWriter:
    """Writes one archive; memory holds one block, whatever the table's size."""

    def __init__(self, sink: Sink, header: Header, vault: Vault) -> None:
        """Write the header; the frames follow."""
        line = header.line()
        cipher = vault.archive_cipher(header.kek_id, line)
        assert cipher is not None, "an archive is written under the vault's own key"
        self._sink = sink
        self._cipher = cipher
        self._frames = 0
        self._tables: list[TableEntry] = []
        self.size = len(line)
        sink.write(line)

    def table(self, name: str, columns: Sequence[str]) -> "TableWriter":
        """Begin a table; end it before the next."""
        self.frame(_TABLE, json.dumps([name, *columns]).encode())
        return TableWriter(self, name, tuple(columns))

    def add(self, entry: TableEntry) -> None:
        """Keep a table that ended, for the manifest."""
        self._tables.append(entry)

    def finish(self) -> tuple[TableEntry, ...]:
        """Write the manifest and return it; without this the archive counts as cut short."""
        self.frame(_MANIFEST, json.dumps([asdict(each) for each in self._tables]).encode())
        return tuple(self._tables)

    def frame(self, kind: bytes, payload: bytes) -> None:
        """Write one frame."""
        sealed = self._cipher.encrypt(_nonce(self._frames), kind + payload, None)
        self._frames += 1
        self._sink.write(len(sealed).to_bytes(_LENGTH_BYTES) + sealed)
        self.size += _LENGTH_BYTES + len(sealed)


class TableWriter:
    """Writes the rows of one table."""

    def __init__(self, archive: ArchiveWriter, name: str, columns: tuple[str, ...]) -> None:
        """Use `ArchiveWriter.table`."""
        self._archive = archive
        self._name = name
        self._columns = columns
        self._block = bytearray()
        self._tally = _Tally()

    def write(self, data: bytes) -> None:
        """Take some of COPY's text, cut anywhere."""
        self._block += data
        while len(self._block) >= BLOCK_BYTES:
            self._flush(bytes(self._block[:BLOCK_BYTES]))
            del self._block[:BLOCK_BYTES]

    def end(self) -> TableEntry:
        """End the table; return what the manifest will say of it."""
        if self._block:
            self._flush(bytes(self._block))
        entry = self._tally.entry(self._name, self._columns)
        self._archive.add(entry)
        return entry

    def _flush(self, block: bytes) -> None:
        self._tally.take(block)
        self._archive.frame(_DATA, zlib.compress(block, _LEVEL))


class ArchiveReader:
    """Reads one archive from its start to its manifest; anything wrong is ArchiveDamaged."""

    def __init__(self, file: BinaryIO, path: Path, vault: Vault, kind: ArchiveKind) -> None:
        """Read the header. Raises ArchiveDamaged when it is not an archive of this kind."""
        self._file = file
        self._path = path
        line = self._read_line()
        try:
            self.header = parse_header(line)
        except ValueError as error:
            raise self.damage(str(error)) from None
        if self.header.kind is not kind:
            raise self.damage(f"a {self.header.kind} archive, not a {kind} archive")
        cipher = vault.archive_cipher(self.header.kek_id, line)
        if cipher is None:
            raise CentreError(
                f"{path.name}: made under another VAULT_KEY (id {self.header.kek_id})",
                code="other_vault_key",
            )
        self._cipher: AESGCM = cipher
        self._frames = 0
        self._place = "before its first table"
        self._ahead: tuple[bytes, bytes] | None = None
        self._seen: list[TableEntry] = []
        self._open: tuple[str, tuple[str, ...]] | None = None

    def next_table(self) -> tuple[str, tuple[str, ...]] | None:
        """Return the name and columns of the next table; None once the manifest agreed.

        Read all `blocks` of a table before asking for the next.
        """
        kind, payload = self._take()
        if kind == _MANIFEST:
            self._check_manifest(payload)
            return None
        if kind != _TABLE:
            raise self.damage(f"rows of no table {self._place}")
        name, *columns = json.loads(payload)
        self._open = (name, tuple(columns))
        self._place = f"in table {name}"
        return self._open

    def blocks(self) -> Iterator[bytes]:
        """Give the rows of the table, as COPY's text cut anywhere."""
        assert self._open is not None, "next_table comes first"
        tally = _Tally()
        while True:
            kind, payload = self._take()
            if kind != _DATA:
                self._ahead = (kind, payload)
                break
            block = self._inflated(payload)
            tally.take(block)
            yield block
        self._seen.append(tally.entry(*self._open))
        self._place = f"after table {self._open[0]}"
        self._open = None

    def skim(self) -> Iterator[None]:
        """Read everything for its checks alone, pausing at each block: it may take minutes."""
        while self.next_table() is not None:
            for _ in self.blocks():
                yield

    @property
    def tables(self) -> tuple[TableEntry, ...]:
        """Return what was read so far; the manifest agrees once `next_table` gave None."""
        return tuple(self._seen)

    def damage(self, reason: str) -> ArchiveDamaged:
        """Return the error that says what is wrong with this archive."""
        return ArchiveDamaged(f"{self._path.name}: {reason}")

    def _take(self) -> tuple[bytes, bytes]:
        if self._ahead is not None:
            frame, self._ahead = self._ahead, None
            return frame
        length = int.from_bytes(self._read(_LENGTH_BYTES))
        if not 0 < length <= FRAME_BYTES:
            raise self.damage(f"altered {self._place}")
        try:
            opened = self._cipher.decrypt(_nonce(self._frames), self._read(length), None)
        except InvalidTag:
            raise self.damage(f"altered {self._place}") from None
        self._frames += 1
        return opened[:1], opened[1:]

    def _read(self, count: int) -> bytes:
        data = self._from_file(count)
        if len(data) < count:
            raise self.damage(f"cut short {self._place}")
        return data

    def _read_line(self) -> bytes:
        try:
            return self._file.readline(LINE_BYTES)
        except OSError as error:
            raise self._unreadable(error) from None

    def _from_file(self, count: int) -> bytes:
        try:
            return self._file.read(count)
        except OSError as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: OSError) -> ArchiveDamaged:
        return self.damage(f"cannot be read ({error.strerror})")

    def _inflated(self, payload: bytes) -> bytes:
        inflating = zlib.decompressobj()
        try:
            block = inflating.decompress(payload, BLOCK_BYTES)
        except zlib.error:
            raise self.damage(f"altered {self._place}") from None
        if not inflating.eof:
            raise self.damage(f"too large a block {self._place}")
        return block

    def _check_manifest(self, payload: bytes) -> None:
        told = [
            TableEntry(**{**each, "columns": tuple(each["columns"])})
            for each in json.loads(payload)
        ]
        if [each.name for each in told] != [each.name for each in self._seen]:
            raise self.damage("its tables are not those of its manifest")
        for expected, seen in zip(told, self._seen, strict=True):
            if expected.rows != seen.rows:
                raise self.damage(f"table {seen.name}: {seen.rows} rows of {expected.rows}")
            if expected != seen:
                raise self.damage(f"table {seen.name}: not what its manifest says")
        if self._from_file(1):
            raise self.damage("something follows its manifest")


class _Tally:
    """What is counted of a table's rows as they pass."""

    def __init__(self) -> None:
        self._rows = 0
        self._size = 0
        self._digest = hashlib.sha256()

    def take(self, block: bytes) -> None:
        # COPY's text writes a line break inside a value as two other characters.
        self._rows += block.count(b"\n")
        self._size += len(block)
        self._digest.update(block)

    def entry(self, name: str, columns: tuple[str, ...]) -> TableEntry:
        return TableEntry(name, columns, self._rows, self._size, self._digest.hexdigest())


def _nonce(number: int) -> bytes:
    return number.to_bytes(12)
