"""Escalation steps: which waiting contacts they are due for, and that one was applied."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from config.errors import InvalidInput
from config.vocabulary import Channel, ContactEventKind, Urgency
from records.actor import SYSTEM
from records.coded import code
from records.contacts.change import Change
from records.contacts.events import add_event
from records.contacts.follow_up import FollowUpWanted, create_follow_up
from records.contacts.moving import move_locked
from records.contacts.rows import Acts
from records.contacts.snapshot import ContactSnapshot, Placement, snapshot_of

# One bit each in a signed 64-bit column, the highest left alone.
STEPS = 62


class Escalating(Acts):
    """The acts of escalation. A step is its position in the helpline's file, from 0."""

    async def due_escalations(
        self,
        step: int,
        waited_before: datetime,
        urgencies: Collection[Urgency],
        pairs: Sequence[tuple[str, Channel]],
        limit: int,
        *,
        line_ids: Collection[str],
    ) -> list[ContactSnapshot]:
        """Return waiting contacts this step is due for, the longest waiting first.

        Those of these lines and urgencies, in one of these queues and channels, who
        have waited since `waited_before` or longer: from their placement, or
        from when the last listener who spoke with them left.
        """
        async with self._database.reading() as tx:
            rows = await tx.fetch(
                "contact_list.due_escalations",
                _checked(step),
                waited_before,
                [int(urgency) for urgency in urgencies],
                [queue for queue, _ in pairs],
                [channel.value for _, channel in pairs],
                limit,
                list(line_ids),
            )
        return [snapshot_of(row) for row in rows]

    async def escalate(
        self,
        contact_id: UUID,
        step: int,
        now: datetime,
        *,
        widened_to: Sequence[str] = (),
        drop_needs: bool = False,
        take_in: Placement | None = None,
        follow_up: FollowUpWanted | None = None,
    ) -> Change | None:
        """Apply a step to a waiting contact, once in its wait; None when there is nothing to do.

        Everything of the step that is kept commits together: the queues it
        may now also be answered from, its needs given up, the queue that
        takes it in (a new turn, its time kept), the task left to its own
        queue. So a crash leaves a step wholly done or wholly due.
        """
        queues = [code(queue, "widened_to") for queue in widened_to]
        async with self._database.transaction() as tx:
            row = await tx.fetch_one(
                "contact.escalate", contact_id, _checked(step), queues, drop_needs, now
            )
            if row is None:
                return None
            contact = snapshot_of(row)
            await add_event(
                tx, contact, ContactEventKind.ESCALATED, now, SYSTEM, detail={"step": step}
            )
            if follow_up is not None:
                await create_follow_up(tx, contact, follow_up, SYSTEM, now)
            if take_in is not None and take_in.queue != contact.queue:
                kind = ContactEventKind.TAKEN_IN
                contact = await move_locked(tx, contact, take_in, SYSTEM, now, "escalation", kind)
            return Change(None, contact)


def _checked(step: int) -> int:
    if not 0 <= step < STEPS:
        raise InvalidInput("no such step", field="step")
    return step
