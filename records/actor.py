"""Who acts: every event, every line of the trail and every gate knows one."""

from dataclasses import dataclass
from uuid import UUID

from config.vocabulary import ActorKind, Role


@dataclass(frozen=True, slots=True)
class Actor:
    """A member of staff with a session, the correspondent, or the service itself."""

    kind: ActorKind
    staff_id: UUID | None = None
    session_id: UUID | None = None

    @classmethod
    def staff(cls, staff_id: UUID, session_id: UUID | None = None) -> "Actor":
        """Return the actor of a line in the trail about somebody who is not signed in yet."""
        return Actor(ActorKind.STAFF, staff_id, session_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal(Actor):
    """One member of staff in one session; rights come from `role` and `line_ids` alone.

    `profile_id` is the person's team; None for an account that takes no
    contacts, and `max_chats` is then without effect. With `skills` and
    `line_ids` it makes the lanes that the person serves (`Helpline.profile_for`).
    """

    kind: ActorKind = ActorKind.STAFF
    staff_id: UUID
    session_id: UUID
    role: Role
    line_ids: frozenset[str]
    display_name: str = ""
    profile_id: str | None = None
    max_chats: int = 0
    skills: frozenset[str] = frozenset()


SYSTEM = Actor(ActorKind.SYSTEM)
CORRESPONDENT = Actor(ActorKind.CORRESPONDENT)
