"""The schema `keys`: wrapped data keys, backed up apart from what they open."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from records.models.columns import Row, instant, instant_or_none, octets


class DataKey(Row, table=True):
    """The key of one contact, case or member of staff; wiping `wrapped` shreds what it sealed."""

    __tablename__ = "data_key"
    __table_args__ = (
        CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed"),
        Index(
            "data_key_one_live",
            "owner_kind",
            "owner_id",
            unique=True,
            postgresql_where=text("destroyed_at IS NULL"),
        ),
        Index("data_key_kek_id_idx", "kek_id", postgresql_where=text("destroyed_at IS NULL")),
        {"schema": "keys"},
    )

    key_id: UUID = Field(primary_key=True)
    owner_kind: str
    owner_id: UUID
    line_id: str | None = None
    wrapped: bytes | None = octets(default=None)
    kek_id: str
    created_at: datetime = instant()
    destroyed_at: datetime | None = instant_or_none()


class CheckValue(Row, table=True):
    """What proves at start that the keys given are the keys this database was sealed with."""

    __tablename__ = "check_value"
    __table_args__ = {"schema": "keys"}  # noqa: RUF012 - SQLAlchemy reads a plain dict

    name: str = Field(primary_key=True)
    value: bytes = octets()
    set_at: datetime = instant()
