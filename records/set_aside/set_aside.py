"""Notes of what a loop set aside, shared by all processes: so one desk shows what any met."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from records.coded import code
from records.database import Database

SHOWN = 20
# Longer than a loop leaves an item alone: what was not tried again since is nobody's any more.
RENEWED_WITHIN = timedelta(minutes=15)
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Aside:
    """A contact or a listener that some loop cannot serve, and since when."""

    contact_id: UUID | None
    listener_id: UUID | None
    listener_name: str | None
    since: datetime


class SetAside:
    """Writes and reads the notes; ids and codes only."""

    def __init__(self, database: Database) -> None:
        """Keep the engine."""
        self._database = database

    async def note(
        self,
        loop: str,
        act: str,
        contact_id: UUID | None,
        listener_id: UUID | None,
        error: str,
        now: datetime,
    ) -> None:
        """Note one more failure of an item. Raises Unavailable."""
        item = contact_id or listener_id or NOBODY
        async with self._database.transaction() as tx:
            await tx.execute(
                "set_aside.note",
                loop,
                act,
                item,
                contact_id,
                listener_id,
                code(error, "error"),
                now,
            )

    async def clear(
        self, loop: str, act: str, contact_id: UUID | None, listener_id: UUID | None
    ) -> None:
        """Forget an item that works again. Raises Unavailable."""
        async with self._database.transaction() as tx:
            await tx.execute("set_aside.clear", loop, act, contact_id or listener_id or NOBODY)

    async def of_line(self, line_id: str, now: datetime) -> list[Aside]:
        """Return what is set aside and concerns a line, the oldest first, 20 at most."""
        async with self._database.reading() as tx:
            rows = await tx.fetch("set_aside.of_line", line_id, now - RENEWED_WITHIN, SHOWN)
        return [
            Aside(row["contact_id"], row["listener_id"], row["display_name"], row["since"])
            for row in rows
        ]
