"""A signed-in person, for tests that need no account of theirs."""

from uuid import UUID

from config.ids import new_id
from config.vocabulary import Role
from records.actor import Principal


def principal_of(
    staff_id: UUID,
    role: Role,
    line_ids: frozenset[str],
    session_id: UUID | None = None,
    *,
    max_chats: int = 0,
) -> Principal:
    """Return somebody of a role on these lines, in a session."""
    return Principal(
        staff_id=staff_id,
        session_id=session_id or new_id(),
        role=role,
        line_ids=line_ids,
        max_chats=max_chats,
    )
