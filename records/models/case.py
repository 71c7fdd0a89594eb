"""Cases, correspondents and persons, many to many with contacts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from config.vocabulary import CaseState
from records.models.columns import Retained, Row, big, instant, instant_or_none, octets, one_of


class CaseFile(Row, Retained, table=True):
    """A situation followed for months."""

    __tablename__ = "case_file"
    __table_args__ = (
        one_of("state", CaseState),
        CheckConstraint("(state = 'close') = (closed_at IS NOT NULL)", name="closed"),
        Index("case_file_line_id_created_at_idx", "line_id", "created_at"),
    )

    case_id: UUID = Field(primary_key=True)
    line_id: str = Field(foreign_key="line.line_id")
    reference: str = Field(unique=True)
    state: str
    label_sealed: bytes | None = octets(default=None)
    department: str | None = None
    follower_id: UUID | None = Field(default=None, foreign_key="staff.staff_id", index=True)
    version: int = big()
    created_at: datetime = instant()
    created_by: UUID = Field(foreign_key="staff.staff_id")
    closed_at: datetime | None = instant_or_none()
    close_reason: str | None = None


class CaseContact(Row, table=True):
    """A contact recorded against a case."""

    __tablename__ = "case_contact"
    __table_args__ = (Index("case_contact_contact_id_idx", "contact_id"),)

    case_id: UUID = Field(primary_key=True, foreign_key="case_file.case_id")
    contact_id: UUID = Field(primary_key=True, foreign_key="contact.contact_id")
    line_id: str
    attached_at: datetime = instant()
    attached_by: UUID = Field(foreign_key="staff.staff_id")


class Correspondent(Row, Retained, table=True):
    """Who contacts us, once known as the same one; identity sealed."""

    __tablename__ = "correspondent"
    __table_args__ = (
        Index(
            "correspondent_number_hmac_idx",
            "number_hmac",
            postgresql_where=text("number_hmac IS NOT NULL"),
        ),
    )

    correspondent_id: UUID = Field(primary_key=True)
    line_id: str = Field(foreign_key="line.line_id")
    audience: str
    identity_sealed: bytes | None = octets(default=None)
    number_hmac: bytes | None = octets(default=None)
    number_sealed: bytes | None = octets(default=None)
    created_at: datetime = instant()


class ContactCorrespondent(Row, table=True):
    """Who was on the line; several may share one contact."""

    __tablename__ = "contact_correspondent"
    __table_args__ = (Index("contact_correspondent_correspondent_id_idx", "correspondent_id"),)

    contact_id: UUID = Field(primary_key=True, foreign_key="contact.contact_id")
    correspondent_id: UUID = Field(primary_key=True, foreign_key="correspondent.correspondent_id")
    line_id: str


class Person(Row, Retained, table=True):
    """A child or relative spoken of; identity sealed, a few coded traits in clear."""

    __tablename__ = "person"

    person_id: UUID = Field(primary_key=True)
    line_id: str = Field(foreign_key="line.line_id")
    identity_sealed: bytes | None = octets(default=None)
    age_band: str | None = None
    gender: str | None = None
    created_at: datetime = instant()


class CasePerson(Row, table=True):
    """A person of a case, and as what."""

    __tablename__ = "case_person"
    __table_args__ = (Index("case_person_person_id_idx", "person_id"),)

    case_id: UUID = Field(primary_key=True, foreign_key="case_file.case_id")
    person_id: UUID = Field(primary_key=True, foreign_key="person.person_id")
    line_id: str
    relation: str


class ContactPerson(Row, table=True):
    """A person spoken of in a contact, and as what."""

    __tablename__ = "contact_person"
    __table_args__ = (Index("contact_person_person_id_idx", "person_id"),)

    contact_id: UUID = Field(primary_key=True, foreign_key="contact.contact_id")
    person_id: UUID = Field(primary_key=True, foreign_key="person.person_id")
    line_id: str
    relation: str


class BlindIndex(Row, table=True):
    """Where a sealed word may be found; words collide on purpose, candidates are opened and checked."""

    __tablename__ = "blind_index"
    __table_args__ = (Index("blind_index_object_id_idx", "object_id"),)

    line_id: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    token: bytes = octets(primary_key=True)
    object_kind: str = Field(primary_key=True)
    object_id: UUID = Field(primary_key=True)
