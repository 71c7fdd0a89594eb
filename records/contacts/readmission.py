"""Letting in, after all, a caller who was turned away and then says that they are in danger."""

from datetime import datetime
from uuid import UUID

from config.vocabulary import ContactEventKind
from records.actor import CORRESPONDENT
from records.contacts.change import Change
from records.contacts.events import add_event
from records.contacts.holding import changed, hold
from records.contacts.rows import Acts
from records.contacts.snapshot import Placement


class Readmitting(Acts):
    """The act that undoes a turning away."""

    async def readmit(self, contact_id: UUID, placement: Placement, now: datetime) -> Change:
        """Let a deterred caller wait: they are still on the line and declared danger.

        A new turn, and a place in time from now on: nobody waited meanwhile.
        Any other contact is returned as it stands. Raises NotFound.
        """
        async with self._database.transaction() as tx:
            held = await hold(tx, contact_id)
            row = await tx.fetch_one(
                "contact.readmit",
                contact_id,
                placement.queue,
                int(placement.urgency),
                placement.source.value,
                placement.band,
                placement.head_start_ms,
                placement.rank(now),
                placement.level.value,
                now,
            )
            if row is None:
                return held.unchanged
            back = changed(row)
            told = {"reason": "danger_declared"}
            await add_event(tx, back, ContactEventKind.RETURNED, now, CORRESPONDENT, detail=told)
            return held.became(back)
