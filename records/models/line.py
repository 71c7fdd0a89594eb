"""Lines, and the configuration and forms that records were made under."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from records.models.columns import Row, coded_json, instant


class Line(Row, table=True):
    """A helpline; every row about a contact, case or person names one."""

    __tablename__ = "line"

    line_id: str = Field(primary_key=True)
    pool: str
    names: dict[str, Any] = coded_json()
    timezone: str
    registered_at: datetime = instant()


class ConfigVersion(Row, table=True):
    """A configuration that was once in force, by the SHA-256 of its content, for ever."""

    __tablename__ = "config_version"

    hash: str = Field(primary_key=True)
    content: dict[str, Any] = coded_json()
    first_used_at: datetime = instant()


class FormVersion(Row, table=True):
    """A form as it was; a record renders with its version for ever."""

    __tablename__ = "form_version"

    form_id: str = Field(primary_key=True)
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    content: dict[str, Any] = coded_json()
    first_used_at: datetime = instant()
