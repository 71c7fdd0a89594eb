"""The named statements: found by noun and name, columns by list, mistakes refused."""

from pathlib import Path

import pytest

from records import queries


def load(folder: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> dict[str, str]:
    for stem, text in files.items():
        (folder / f"{stem}.sql").write_text(text, encoding="utf-8")
    monkeypatch.setattr(queries, "FOLDER", folder)
    return dict(queries.load_queries.__wrapped__())


def test_statements_are_found_by_noun_and_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "-- About one.\n\n-- list: some\na, b\n-- name: get\n-- Why.\nSELECT @some@\n\n-- name: all\nSELECT 1\n"
    assert load(tmp_path, monkeypatch, one=text) == {
        "one.get": "-- one.get\n-- Why.\nSELECT a, b",
        "one.all": "-- one.all\nSELECT 1",
    }


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1\n",
        "-- name: a\nSELECT 1\n-- name: a\nSELECT 2\n",
        "-- list: a\nx\n-- list: a\ny\n",
    ],
)
def test_a_statement_without_a_name_or_with_anothers_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    with pytest.raises(ValueError, match="one"):
        load(tmp_path, monkeypatch, one=text)


def test_no_statement_reads_every_column_or_names_a_list_that_is_not_there() -> None:
    for name, statement in queries.load_queries().items():
        assert "SELECT *" not in statement.upper(), name
        assert "RETURNING *" not in statement.upper(), name
        assert "@" not in statement.replace("@>", ""), name
