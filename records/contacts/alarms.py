"""Contacts that must not be overlooked while they wait."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from records.database import Database

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Alarm:
    """A waiting contact, and since when it has been alarming."""

    contact_id: UUID
    since: datetime


class Alarms:
    """Reads for the banners of coordinators and desks."""

    def __init__(self, database: Database) -> None:
        """Keep the engine."""
        self._database = database

    async def immediate_danger_waiting(self, line_id: str) -> list[Alarm]:
        """Return waiting U1 contacts, the longest waiting first, 20 at most."""
        return await self._read("alarm.immediate_danger_waiting", line_id)

    async def offered_in_vain(self, line_id: str) -> list[Alarm]:
        """Return waiting contacts that everybody present was offered in this turn."""
        return await self._read("alarm.offered_in_vain", line_id)

    async def _read(self, name: str, line_id: str) -> list[Alarm]:
        async with self._database.reading() as tx:
            rows = await tx.fetch(name, line_id, SHOWN)
        return [Alarm(row["contact_id"], row["since"]) for row in rows]
