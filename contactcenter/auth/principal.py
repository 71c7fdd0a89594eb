"""The signed-in person, as every gate and service receives her, and what proves who she is."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from config.vocabulary import Role


@dataclass(frozen=True)
class Principal:
    """One member of staff in one session; rights come from `role` and `line_ids` alone.

    `profile_id` is her team; None for an account that takes no contacts, and
    `max_chats` is then without effect. With her `skills` and `line_ids` it
    makes the lanes that she serves (`Helpline.profile_for`).
    """

    staff_id: UUID
    session_id: UUID
    role: Role
    display_name: str
    line_ids: frozenset[str]
    profile_id: str | None
    max_chats: int
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True)
class OpenedSession:
    """A session just opened; `token` is shown this once and stored only as a hash."""

    token: str = field(repr=False)
    expires_at: datetime
    principal: Principal


@dataclass(frozen=True)
class LiveTicket:
    """One way into the live socket: single use, 30 s."""

    ticket: str = field(repr=False)
    expires_at: datetime
