"""What a listener's desk lost: told to her once, with nothing of the person."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from config.vocabulary import Channel, ContactState
from records.engagements.reading import EngagementReading

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Loss:
    """A contact that a listener talked with until her page was closed, or her telephone died.

    `state` is the contact's now; `is_gone`: the person did not wait for somebody else.
    """

    engagement_id: UUID
    contact_id: UUID
    line_id: str
    channel: Channel
    queue: str | None
    lost_at: datetime
    state: ContactState
    is_gone: bool


class Losing(EngagementReading):
    """The read of losses, and the act of having been told."""

    async def losses(self, staff_id: UUID, since: datetime) -> list[Loss]:
        """Return what her desk lost since then and she was not told, newest first; 20 at most."""
        async with self._database.reading() as tx:
            rows = await tx.fetch("engagement.losses", staff_id, since, SHOWN)
        return [
            Loss(
                row["engagement_id"],
                row["contact_id"],
                row["line_id"],
                Channel(row["channel"]),
                row["queue"],
                row["lost_at"],
                ContactState(row["contact_state"]),
                row["gave_up"],
            )
            for row in rows
        ]

    async def losses_seen(self, staff_id: UUID, until: datetime, now: datetime) -> None:
        """Note that she was told of whatever was lost up to `until`; repeatable."""
        await self._database.act("engagement.losses_seen", staff_id, until, now)
