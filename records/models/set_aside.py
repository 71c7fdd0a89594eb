"""What a loop of the service set aside because it kept failing."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from records.models.columns import Row, instant


class SetAsideRow(Row, table=True):
    """One thing that one loop leaves alone for now; the service's own note, nobody's record.

    `item` is the contact's or the listener's id, whichever it is about first.
    No foreign key: what fails may be about something that exists nowhere else.
    """

    __tablename__ = "set_aside"
    __table_args__ = (Index("set_aside_last_at_idx", "last_at"),)

    loop: str = Field(primary_key=True)
    act: str = Field(primary_key=True)
    item: UUID = Field(primary_key=True)
    contact_id: UUID | None = None
    listener_id: UUID | None = None
    error: str
    failures: int
    since: datetime = instant()
    last_at: datetime = instant()
