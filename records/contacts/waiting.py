"""Reading who waits on the telephone: what they are told is worked out from it."""

from dataclasses import dataclass
from uuid import UUID

from config.vocabulary import Audience, Urgency
from records.contacts.rows import Acts


@dataclass(frozen=True, slots=True)
class WaitingCall:
    """A caller who waits; `escalations` has the bit of each step applied, as a contact has."""

    contact_id: UUID
    queue: str
    audience: Audience
    urgency: Urgency
    escalations: int
    home_queue: str | None


class WaitingCalls(Acts):
    """The read of waiting callers."""

    async def waiting_calls(self, limit: int) -> list[WaitingCall]:
        """Return callers who wait, the longest waiting first, at most `limit`."""
        async with self._database.reading() as tx:
            rows = await tx.fetch("waiting.calls", limit)
        return [
            WaitingCall(
                row["contact_id"],
                row["queue"],
                Audience(row["audience"]),
                Urgency(row["urgency"]),
                row["escalations"],
                row["home_queue"],
            )
            for row in rows
        ]
