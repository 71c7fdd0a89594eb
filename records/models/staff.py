"""Staff, their sessions, and their presence."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from config.vocabulary import PresenceState, Role
from records.models.columns import Row, big, counted, instant, instant_or_none, octets, one_of


class Staff(Row, table=True):
    """A member of staff. Never deleted: what she did names her."""

    __tablename__ = "staff"
    __table_args__ = (one_of("role", Role),)

    staff_id: UUID = Field(primary_key=True)
    subject: str | None = Field(default=None, unique=True)  # OIDC
    login: str = Field(unique=True)
    display_name: str
    role: str
    password_hash: str | None = None
    totp_sealed: bytes | None = octets(default=None)
    totp_last_step: int | None = big(default=None)
    profile_id: str | None = None
    max_chats: int
    active: bool
    created_at: datetime = instant()


class StaffLine(Row, table=True):
    """A line that a member of staff works for."""

    __tablename__ = "staff_line"

    staff_id: UUID = Field(primary_key=True, foreign_key="staff.staff_id")
    line_id: str = Field(primary_key=True, foreign_key="line.line_id")


class StaffSkill(Row, table=True):
    """Something a member of staff can do beyond her profile: a language, a subject."""

    __tablename__ = "staff_skill"

    staff_id: UUID = Field(primary_key=True, foreign_key="staff.staff_id")
    skill: str = Field(primary_key=True)


class StaffSession(Row, table=True):
    """A signed-in session; only the hash of its token is kept."""

    __tablename__ = "staff_session"

    session_id: UUID = Field(primary_key=True)
    staff_id: UUID = Field(foreign_key="staff.staff_id", index=True)
    token_hash: bytes = octets(unique=True)
    created_at: datetime = instant()
    expires_at: datetime = instant()
    last_seen_at: datetime = instant()
    revoked_at: datetime | None = instant_or_none()


class LiveTicket(Row, table=True):
    """A single-use way into the live socket, 30 s long."""

    __tablename__ = "live_ticket"
    __table_args__ = (Index("live_ticket_expires_at_idx", "expires_at"),)

    ticket_hash: bytes = octets(primary_key=True)
    session_id: UUID = Field(foreign_key="staff_session.session_id")
    expires_at: datetime = instant()
    used_at: datetime | None = instant_or_none()


class Listener(Row, table=True):
    """The presence in force of one listener; locking this row fences her capacity."""

    __tablename__ = "listener"
    __table_args__ = (one_of("state", PresenceState),)

    staff_id: UUID = Field(primary_key=True, foreign_key="staff.staff_id")
    session_id: UUID
    state: str
    reason: str
    version: int = big()
    since: datetime = instant()
    profile_id: str
    max_chats: int
    missed_offers: int
    until: datetime | None = instant_or_none()  # a pause's offered end
    hard_contacts: int = counted()  # in a row; for her relief, never for figures
    chats_beside_call: int = counted()


class PresenceEvent(Row, table=True):
    """One change of presence; statistics of presence read these."""

    __tablename__ = "presence_event"
    __table_args__ = (
        one_of("state", PresenceState),
        Index("presence_event_staff_id_at_idx", "staff_id", "at"),
        Index("presence_event_at_idx", "at"),
    )

    event_id: UUID = Field(primary_key=True)
    staff_id: UUID = Field(foreign_key="staff.staff_id")
    session_id: UUID
    state: str
    reason: str
    version: int = big()
    at: datetime = instant()
