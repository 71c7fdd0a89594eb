"""Conversations and their messages, and the form written about a contact."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlmodel import Field

from config.vocabulary import MessageKind, MessageVisibility, Sender
from records.models.columns import Row, big, coded_json, instant, octets, one_of


class Conversation(Row, table=True):
    """The head of a chat. Writing and closing update this row, so they never miss each other."""

    __tablename__ = "conversation"

    contact_id: UUID = Field(primary_key=True, foreign_key="contact.contact_id")
    line_id: str
    head_seq: int = big()
    open: bool
    visitor_read_seq: int = big()
    listener_read_seq: int = big()


class Message(Row, table=True):
    """One stored line; `seq` is gap-free per contact, from 1."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("contact_id", "sender", "cid"),
        one_of("sender", Sender),
        one_of("kind", MessageKind),
        one_of("visibility", MessageVisibility),
        # A whisper must never reach a child, whatever a query forgets.
        CheckConstraint("kind <> 'whisper' OR visibility = 'staff'", name="whisper"),
        CheckConstraint("seq > 0", name="seq"),
    )

    contact_id: UUID = Field(primary_key=True, foreign_key="conversation.contact_id")
    seq: int = big(primary_key=True, sa_column_kwargs={"autoincrement": False})
    line_id: str
    sender: str
    staff_id: UUID | None = Field(default=None, foreign_key="staff.staff_id")
    cid: UUID
    kind: str
    visibility: str
    body_sealed: bytes = octets()
    at: datetime = instant()


class ContactForm(Row, table=True):
    """The write-up: coded values in clear, the rest sealed as one value."""

    __tablename__ = "contact_form"
    __table_args__ = (
        ForeignKeyConstraint(
            ["form_id", "form_version"], ["form_version.form_id", "form_version.version"]
        ),
    )

    contact_id: UUID = Field(primary_key=True, foreign_key="contact.contact_id")
    line_id: str
    form_id: str
    form_version: int
    revision: int
    coded: dict[str, Any] = coded_json()
    sealed: bytes | None = octets(default=None)
    saved_at: datetime = instant()
    saved_by: UUID | None = Field(default=None, foreign_key="staff.staff_id")
