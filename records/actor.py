"""Who acts: every event and every line of the trail names one."""

from dataclasses import dataclass
from uuid import UUID

from config.vocabulary import ActorKind


@dataclass(frozen=True, slots=True)
class Actor:
    """A member of staff with her session, the correspondent, or the service itself."""

    kind: ActorKind
    staff_id: UUID | None = None
    session_id: UUID | None = None

    @classmethod
    def staff(cls, staff_id: UUID, session_id: UUID | None = None) -> "Actor":
        """Return the actor that a signed-in member of staff is."""
        return cls(ActorKind.STAFF, staff_id, session_id)


SYSTEM = Actor(ActorKind.SYSTEM)
CORRESPONDENT = Actor(ActorKind.CORRESPONDENT)
