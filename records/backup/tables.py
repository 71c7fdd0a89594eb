"""Which table goes into which archive, parents before children.

Every table of the models is in exactly one of three lots, so a table that a
migration adds is backed up unless it is named here.
"""

from collections.abc import Sequence

from sqlalchemy import Dialect, Table, exists, literal_column, select
from sqlalchemy.dialects import postgresql

from records.backup.header import ArchiveKind
from records.models import metadata

LEFT_OUT = {
    # Tokens made with INDEX_KEY, of words whose keys may be destroyed: rebuilt at restore.
    "blind_index": "rebuilt from what can still be opened",
    # A restored session would let in whoever stole its token meanwhile.
    "staff_session": "everybody signs in again",
    "live_ticket": "thirty seconds long, and of a session",
    # What a loop of the service could not serve a moment ago: it tries again.
    "set_aside": "the service's own notes, of minutes",
}

KEYS_SCHEMA = "keys"


def tables_of(kind: ArchiveKind) -> Sequence[Table]:
    """Return the tables of an archive, in an order that satisfies every foreign key."""
    keys = kind is ArchiveKind.KEYS
    return [
        table
        for table in metadata.sorted_tables
        if (table.schema == KEYS_SCHEMA) is keys and table.name not in LEFT_OUT
    ]


def every_table() -> Sequence[Table]:
    """Return every table of the schema."""
    return metadata.sorted_tables


def columns_of(table: Table) -> tuple[str, ...]:
    """Return the columns of a table, in the order both archives and COPY use."""
    return tuple(column.name for column in table.columns)


def has_rows(table: Table) -> str:
    """Return the statement that tells whether a table has any row."""
    asked = select(exists(select(literal_column("1")).select_from(table)))
    return str(asked.compile(dialect=_dialect()))


def lock_all() -> str:
    """Return the statement that keeps everybody else out of every table."""
    preparer = _dialect().identifier_preparer
    names = ", ".join(preparer.format_table(table) for table in every_table())
    return f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"


def _dialect() -> Dialect:
    dialect: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return dialect
