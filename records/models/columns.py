"""The column kinds every table is made of, and the naming of constraints.

Fields carry no SQL default unless the row is born with it: the acts say what
they write. SQLModel table classes validate nothing; they describe.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

# Names are stable: errors are translated by constraint name (records/refusals.py).
NAMING = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}

metadata = MetaData(naming_convention=NAMING)


class Row(SQLModel, registry=registry(metadata=metadata)):
    """The parent of every table class: one metadata, one naming."""


class UtcInstant(DateTime):
    """timestamptz: the driver gives and takes aware instants, in UTC."""

    def __init__(self, timezone: bool = True) -> None:
        """Keep the zone whatever is asked: an instant without one means nothing."""
        del timezone
        super().__init__(timezone=True)


def instant(**options: Any) -> Any:
    """Return a field that holds an instant and must be given."""
    return Field(sa_type=UtcInstant, **options)


def instant_or_none() -> Any:
    """Return a field that holds an instant once it has come."""
    return Field(default=None, sa_type=UtcInstant)


def big(**options: Any) -> Any:
    """Return a 64-bit integer field."""
    return Field(sa_type=BigInteger, **options)


def small(**options: Any) -> Any:
    """Return a 16-bit integer field."""
    return Field(sa_type=SmallInteger, **options)


def octets(**options: Any) -> Any:
    """Return a bytea field: sealed values, hashes, keyed digests."""
    return Field(sa_type=LargeBinary, **options)


def coded_json() -> Any:
    """Return a jsonb field; it holds codes, numbers and ids, never free text."""
    return Field(sa_type=JSONB)


def codes() -> Any:
    """Return a field that lists codes; empty unless given, in rows of an older version too."""
    return Field(sa_column=Column(ARRAY(Text()), nullable=False, server_default="{}"))


def ids() -> Any:
    """Return a field that lists ids; empty unless given, in rows of an older version too."""
    return Field(sa_column=Column(ARRAY(Uuid()), nullable=False, server_default="{}"))


def counted() -> Any:
    """Return a 16-bit count that starts at 0, in rows of an older version too."""
    return Field(default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})


def milliseconds_or_0() -> Any:
    """Return a 64-bit span that is 0 unless given, in rows of an older version too."""
    return Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """Return the check that `column` holds a word of the vocabulary (or nothing, if nullable)."""
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class Retained(SQLModel):
    """What retention needs on every record it may end; there is no soft delete."""

    retention_class: str | None = None
    retain_until: datetime | None = instant_or_none()
    legal_hold: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    shredded_at: datetime | None = instant_or_none()
