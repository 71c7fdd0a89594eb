"""The named SQL of records/sql: one file per noun, one `-- name:` block per statement.

A block is called by `noun.name`: `contact.accept` is the block `accept` of
contact.sql. The comment lines after `-- name:` say what the statement
guarantees; they stay in the text sent, which costs nothing and shows in
pg_stat_activity.

A block `-- list: coded` names columns instead; `@coded@` stands for them in
the statements of the same file, `@contact.coded@` in those of another. So no statement needs `*`, which would read
sealed columns unasked and break when a migration adds one.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).parent / "sql"

_LISTED = re.compile(r"@([a-z_]+(?:\.[a-z_]+)?)@")
_BLOCK = re.compile(r"^-- (name|list): ([a-z][a-z0-9_]*)\s*$", re.MULTILINE)


@cache
def load_queries() -> Mapping[str, str]:
    """Return every statement by its full name; read once per process.

    Raises ValueError on a file with text before its first name, or a name
    given twice: both are mistakes of ours, found by any test.
    """
    bodies: dict[str, str] = {}
    lists: dict[str, str] = {}
    for path in sorted(FOLDER.glob("*.sql")):
        head, *parts = _BLOCK.split(path.read_text(encoding="utf-8"))
        if any(line and not line.startswith("--") for line in head.splitlines()):
            raise ValueError(f"{path.name}: a statement without a name")
        for kind, name, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            full_name = f"{path.stem}.{name}"
            if full_name in lists or full_name in bodies:
                raise ValueError(f"{full_name}: named twice")
            (lists if kind == "list" else bodies)[full_name] = body.strip()
    return MappingProxyType(
        {name: f"-- {name}\n{_filled(name, body, lists)}" for name, body in bodies.items()}
    )


def _filled(full_name: str, body: str, lists: Mapping[str, str]) -> str:
    noun = full_name.partition(".")[0]

    def columns(found: re.Match[str]) -> str:
        name = found[1] if "." in found[1] else f"{noun}.{found[1]}"
        return lists.get(name, found[0])

    return _LISTED.sub(columns, body)
