"""What a listener does with her work beyond talking: hand it over, or write it up for longer."""

from datetime import datetime, timedelta
from uuid import UUID

from config.errors import Conflict, NotFound
from config.vocabulary import ContactEventKind, ContactState, EngagementState
from records.actor import Actor
from records.coded import CodedValue, code
from records.contacts.change import Change
from records.contacts.events import add_event, audit_if_staff
from records.contacts.moving import placed, told_of_move
from records.contacts.rows import changed, hold, worked
from records.contacts.snapshot import ContactSnapshot, Placement
from records.engagements.engagement import Engagement, engagement_of
from records.engagements.losses import Losing
from records.engagements.reading import hold_for


class HandingOver(Losing):
    """The acts by which a listener passes a contact on, or asks for more time."""

    async def hand_over(
        self,
        engagement_id: UUID,
        placement: Placement,
        now: datetime,
        actor: Actor,
        reason: str,
        *,
        preferred_listener_id: UUID | None = None,
        preferred_until: datetime | None = None,
    ) -> Change:
        """Let the contact she talks with wait for somebody else: the next level, another queue.

        A new turn and a new wait, from now; `queued_at` stays, so the rank
        keeps the original arrival. Level, needs and queue are the
        placement's; the urgency is raised to it, never lowered. Her work is
        over without a write-up, and a call's leg is to be hung up; she is not
        offered them again while anybody else can serve them. Escalation begins
        anew. Said again, the contact is returned as it stands. Raises
        Conflict `call_connecting` before they are together, `contact_gone`
        when her work is over otherwise; NotFound.
        """
        async with self._database.transaction() as tx:
            held = await hold_for(tx, engagement_id)
            contact, engagement = held.contact, held.taken
            assert engagement is not None, "it was asked for by its id"
            if engagement.state is EngagementState.HANDED_OVER:
                return held.unchanged
            _check_talking(contact, engagement)
            handed = EngagementState.HANDED_OVER.value
            left = worked(await tx.fetch_one("engagement.leave", engagement_id, handed, now, False))
            row = await tx.fetch_one(
                "contact.hand_over",
                *placed(contact, placement, placement.home_queue),
                now,
                preferred_listener_id,
                preferred_until,
                engagement.listener_id,
            )
            after = changed(row)
            told: dict[str, CodedValue] = {
                **told_of_move(contact, after),
                "reason": code(reason, "reason"),
            }
            kind = ContactEventKind.HANDED_OVER
            await add_event(tx, after, kind, now, actor, engagement_id=engagement_id, detail=told)
            await audit_if_staff(tx, self._vault, actor, "contact.hand_over", after, now, told)
            return held.became(after, left)

    async def extend_wrap_up(
        self, contact_id: UUID, listener_id: UUID, by: timedelta, most: int, now: datetime
    ) -> Change:
        """Give a write-up more time, `most` times at the most; while it runs, she is not offered.

        Raises NotFound when she writes nothing up there, Conflict
        `wrap_up_over` once its time has run out (she may have been offered
        the next one), `wrap_up_limit` after the last extension.
        """
        async with self._database.transaction() as tx:
            held = await hold(tx, contact_id)
            if held.taken is None or held.taken.listener_id != listener_id:
                raise NotFound("no write-up of hers", code="engagement_unknown")
            until = held.taken.wrap_up_until
            if until is None or until <= now:
                raise Conflict("its time is over", code="wrap_up_over")
            engagement_id = held.taken.engagement_id
            row = await tx.fetch_one(
                "engagement.extend_wrap_up", engagement_id, listener_id, by, most, now
            )
            if row is None:
                raise Conflict("no more time", code="wrap_up_limit")
            return held.became(held.contact, engagement_of(row))


def _check_talking(contact: ContactSnapshot, engagement: Engagement) -> None:
    if engagement.state is EngagementState.CONNECTING:
        raise Conflict("the caller is not there yet", code="call_connecting")
    if (contact.state, engagement.state) != (ContactState.ACTIVE, EngagementState.TALKING):
        raise Conflict("nothing to hand over", code="contact_gone")
