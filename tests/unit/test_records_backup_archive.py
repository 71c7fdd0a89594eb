"""The archive as a stream of sealed frames: whole, or known not to be and said where."""

import io
import os
from pathlib import Path

import pytest

from config.errors import CentreError
from records.backup.archive import BLOCK_BYTES, ArchiveDamaged, ArchiveReader, ArchiveWriter
from records.backup.folder import claimed
from records.backup.header import LINE_BYTES, ArchiveKind, Header, KeyExtent, parse_header
from records.backup.tables import LEFT_OUT, every_table, tables_of
from records.queries import load_queries
from records.vault import Vault
from tests.kit.record_rows import NOW, a_vault

VAULT = a_vault()
KEK_ID, _ = VAULT.audit_signer
TABLES = {
    "line": [b"dlpm\tfr\n", b"119\tfr\n"],
    "staff": [],
    "message": [b"x" * (BLOCK_BYTES - 1), b"\n", b"y" * BLOCK_BYTES * 2, b"\n"],
}


class Sink(io.BytesIO):
    def write(self, data) -> None:
        super().write(data)


def an_archive(vault=VAULT, kind=ArchiveKind.DATA, tables=TABLES, finished=True) -> bytes:
    sink = Sink()
    writer = ArchiveWriter(sink, Header(kind, "0001", vault.audit_signer[0], NOW), vault)
    for name, pieces in tables.items():
        rows = writer.table(name, ("a", "b"))
        for piece in pieces:
            rows.write(piece)
        rows.end()
    if finished:
        writer.finish()
    assert writer.size == len(sink.getvalue())
    return sink.getvalue()


def reader(archive: bytes, vault=VAULT, kind=ArchiveKind.DATA) -> ArchiveReader:
    return ArchiveReader(io.BytesIO(archive), Path("data-1.ccbackup"), vault, kind)


def skimmed(archive: bytes, vault=VAULT):
    reading = reader(archive, vault)
    for _ in reading.skim():
        pass
    return reading.tables


def test_what_was_written_is_read_back_in_bounded_blocks() -> None:
    reading = reader(an_archive())
    found = {}
    while (table := reading.next_table()) is not None:
        assert table[1] == ("a", "b")
        found[table[0]] = list(reading.blocks())
    assert {name: b"".join(blocks) for name, blocks in found.items()} == {
        name: b"".join(pieces) for name, pieces in TABLES.items()
    }
    assert max(len(block) for block in found["message"]) == BLOCK_BYTES
    assert [entry.rows for entry in reading.tables] == [2, 0, 2]


def test_any_byte_altered_anywhere_is_seen() -> None:
    archive = an_archive(tables={"line": [b"dlpm\tfr\n"], "staff": []})
    for index in range(len(archive)):
        altered = archive[:index] + bytes((archive[index] ^ 1,)) + archive[index + 1 :]
        with pytest.raises(CentreError) as caught:
            skimmed(altered)
        assert caught.value.code in {"archive_damaged", "other_vault_key"}


def test_an_archive_cut_short_anywhere_is_seen_and_the_place_is_said() -> None:
    archive = an_archive(tables={"line": [b"dlpm\tfr\n"], "staff": []})
    for length in range(len(archive)):
        with pytest.raises(ArchiveDamaged):
            skimmed(archive[:length])
    with pytest.raises(ArchiveDamaged, match=r"^data-1\.ccbackup: cut short in table staff$"):
        skimmed(archive[:-1])
    with pytest.raises(ArchiveDamaged, match="cut short in table message"):
        skimmed(an_archive(finished=False))


def test_the_damaged_table_is_named() -> None:
    archive = bytearray(an_archive())
    archive[-1000] ^= 1  # the last block of messages
    with pytest.raises(ArchiveDamaged, match="altered in table message"):
        skimmed(bytes(archive))


def test_frames_of_another_archive_or_in_another_order_do_not_pass() -> None:
    one, other = (an_archive(tables={"line": [b"dlpm\tfr\n"]}) for _ in range(2))
    line = one.index(b"\n") + 1
    with pytest.raises(ArchiveDamaged, match="altered before its first table"):
        skimmed(one[:line] + other[line:])
    length = int.from_bytes(one[line : line + 4]) + 4
    with pytest.raises(ArchiveDamaged):
        skimmed(one[:line] + one[line + length :])


def test_nothing_may_follow_the_manifest() -> None:
    with pytest.raises(ArchiveDamaged, match="something follows"):
        skimmed(an_archive() + b"x")


@pytest.mark.parametrize("content", [b"", b"\n", b"{}\n", b"[]\n", b"\xff\n", b"x" * LINE_BYTES])
def test_a_file_of_another_kind_is_said_to_be_none_of_ours(content: bytes) -> None:
    with pytest.raises(ArchiveDamaged, match="not an archive of ours"):
        reader(content)


def test_another_kind_format_or_key_is_told_apart() -> None:
    with pytest.raises(ArchiveDamaged, match="a keys archive, not a data archive"):
        reader(an_archive(kind=ArchiveKind.KEYS))
    with pytest.raises(ArchiveDamaged, match="of format 2, this version reads 1"):
        reader(an_archive().replace(b'"format":1', b'"format":2', 1))
    with pytest.raises(CentreError) as caught:
        reader(an_archive(Vault(b"o" * 32, b"i" * 32)))
    assert caught.value.code == "other_vault_key"


def test_the_key_before_a_rotation_still_opens_its_archives() -> None:
    now = Vault(b"n" * 32, b"i" * 32, old_vault_keys=[b"v" * 32])
    assert len(skimmed(an_archive(), now)) == len(TABLES)


def test_two_archives_of_the_same_rows_share_no_frame() -> None:
    one, other = (an_archive(tables={"line": [b"dlpm\tfr\n"]}) for _ in range(2))
    assert one[one.index(b"\n") + 5 :] != other[other.index(b"\n") + 5 :]


def test_a_header_is_read_as_it_was_written() -> None:
    extent = KeyExtent(0, None, None)
    for header in (
        Header(ArchiveKind.DATA, "0001", KEK_ID, NOW),
        Header(ArchiveKind.KEYS, "0001", KEK_ID, NOW, extent),
    ):
        assert parse_header(header.line()) == header
        assert len(header.line()) < LINE_BYTES


def test_every_table_is_in_one_archive_or_left_out_for_a_reason() -> None:
    lots = [
        {table.fullname for table in tables_of(ArchiveKind.DATA)},
        {table.fullname for table in tables_of(ArchiveKind.KEYS)},
        set(LEFT_OUT),
    ]
    assert set.union(*lots) == {table.fullname for table in every_table()}
    assert sum(map(len, lots)) == len(every_table())
    assert lots[1] == {"keys.check_value", "keys.data_key"}


def test_every_sealed_column_is_among_those_whose_keys_a_restore_looks_for() -> None:
    sealed = {
        f"'{table.name}.{column.name}'"
        for table in every_table()
        for column in table.columns
        if column.name == "sealed" or column.name.endswith("_sealed")
    }
    assert len(sealed) >= 8
    assert [place for place in sealed if place not in load_queries()["backup.keyless"]] == []


def test_a_draft_is_private_and_goes_away_unless_published(tmp_path: Path) -> None:
    root = tmp_path / "made" / "backups"
    with claimed(root) as folder:
        folder.draft("keys.ccbackup").write(b"half")
        (draft,) = root.glob(".keys*")
        assert draft.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in root.iterdir()] == [".lock"]
    assert root.stat().st_mode & 0o777 == 0o700


def test_what_a_killed_backup_left_is_swept_by_the_next(tmp_path: Path) -> None:
    with claimed(tmp_path):
        pass
    (tmp_path / ".keys.ccbackup.new").write_bytes(b"half")
    with claimed(tmp_path) as folder:
        folder.draft("keys.ccbackup").write(b"whole")
        folder.publish("keys.ccbackup")
    assert (tmp_path / "keys.ccbackup").read_bytes() == b"whole"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "keys.ccbackup"]


def test_one_backup_at_a_time_writes_into_a_folder(tmp_path: Path) -> None:
    with claimed(tmp_path), pytest.raises(CentreError) as caught, claimed(tmp_path):
        pass
    assert caught.value.code == "backup_running"


def test_a_full_disk_is_told_with_the_file_and_leaves_nothing(tmp_path: Path) -> None:
    with claimed(tmp_path) as folder:
        draft = folder.draft("keys.ccbackup")
        with Path("/dev/full").open("wb") as full:
            os.dup2(full.fileno(), draft._file.fileno())
        draft.write(b"x")
        with pytest.raises(CentreError, match="No space left") as caught:
            folder.publish("keys.ccbackup")
    assert caught.value.code == "archive_not_written"
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
