"""What a listener does with her work beyond talking: hand it over, or write it up for longer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from config.errors import Conflict, InvalidInput
from config.vocabulary import ContactEventKind, ContactState, EngagementState
from records.actor import Actor
from records.coded import CodedValue, code
from records.contacts.change import Change
from records.contacts.events import Happened, record
from records.contacts.holding import Held, acting, changed, hold_as, require, worked
from records.contacts.moving import move_held, placed, told_of_move
from records.contacts.snapshot import ContactSnapshot, Placement
from records.contacts.urgency import Rated, rate, source_for
from records.database import Transaction
from records.engagements.engagement import Engagement, engagement_of
from records.engagements.losses import Losing
from records.policy import Right

# A program may have cut the instant that it was shown; extensions are minutes apart.
SAME_INSTANT = timedelta(seconds=1)

# Says, under the lock, where a contact is to wait.
Placing = Callable[[ContactSnapshot], Placement]


class HandingOver(Losing):
    """The acts by which a listener passes a contact on, or asks for more time."""

    async def hand_over(
        self,
        contact_id: UUID,
        place: Placing,
        now: datetime,
        actor: Actor,
        reason: str,
        *,
        rating: Rated | None = None,
        preferred_listener_id: UUID | None = None,
        preferred_until: datetime | None = None,
    ) -> Change:
        """Let whom a listener talks with wait for somebody else: the next level, another queue.

        A new turn and a new wait, from now; `queued_at` stays, so the rank
        keeps the original arrival. `place` is asked, under the lock, where it
        is to wait: level, needs and queue are that placement's, the urgency is
        raised to it, never lowered. `rating` is the listener's own triage, set
        first by the rules of `set_urgency`, in the same commit. The listener's
        work is over without a write-up, and a call's leg is to be hung up; the
        contact is not offered them again while anybody else can serve it.
        Escalation begins anew. Said again by whoever did it, the contact is
        returned as it stands. Raises Conflict `call_connecting` before they are
        together, `contact_gone` when the work is over otherwise; NotFound;
        NotAllowed; InvalidInput `listener_unknown`, and what `place` raises.
        """
        async with acting(self._database, self._vault, actor, now) as tx:
            held = await hold_as(tx, actor, contact_id, _right_to_hand_over, now)
            if held.contact.state is ContactState.WAITING:
                await self._check_handed_over_by(tx, held, actor)
                return held.unchanged
            placement = place(held.contact)
            if preferred_listener_id is not None:
                await check_colleague(tx, preferred_listener_id, held.contact.line_id)
            check_talking(held)
            before = held
            if rating is not None and rating.urgency != held.contact.urgency:
                source_for(held, actor, rating.urgency, None, confirm=True)
                rated = await rate(tx, self._vault, held, rating, None, actor, now, confirmed=True)
                held = replace(held, contact=rated.after)
                placement = place(held.contact)
            preferred = (preferred_listener_id, preferred_until)
            after, left = await self._hand_over(tx, held, placement, now, actor, reason, preferred)
            return before.became(after, left)

    async def relocate(
        self, contact_id: UUID, place: Placing, now: datetime, actor: Actor, reason: str
    ) -> Change:
        """Move a contact to another queue, whether it waits or somebody talks with the person.

        Who talks with somebody gives the contact back to waiting there, as in
        a hand-over. Already waiting there, nothing changes. Raises Conflict
        `call_connecting`, `contact_gone`; NotFound; NotAllowed; what `place` raises.
        """
        async with acting(self._database, self._vault, actor, now) as tx:
            held = await hold_as(tx, actor, contact_id, Right.CONTACT_MOVE, now)
            placement = place(held.contact)
            if held.contact.state is ContactState.WAITING:
                return await move_held(tx, self._vault, held, placement, actor, now, reason)
            check_talking(held)
            after, left = await self._hand_over(
                tx, held, placement, now, actor, reason, (None, None)
            )
            return held.became(after, left)

    async def _hand_over(
        self,
        tx: Transaction,
        held: Held,
        placement: Placement,
        now: datetime,
        actor: Actor,
        reason: str,
        preferred: tuple[UUID | None, datetime | None],
    ) -> tuple[ContactSnapshot, Engagement]:
        engagement = held.taken
        assert engagement is not None, "somebody talks with them"
        engagement_id, handed = engagement.engagement_id, EngagementState.HANDED_OVER.value
        left = worked(await tx.fetch_one("engagement.leave", engagement_id, handed, now, False))
        row = await tx.fetch_one(
            "contact.hand_over",
            *placed(held.contact, placement, placement.home_queue),
            now,
            *preferred,
            engagement.listener_id,
        )
        after = changed(row)
        told: dict[str, CodedValue] = {
            **told_of_move(held.contact, after),
            "reason": code(reason, "reason"),
        }
        done = Happened(ContactEventKind.HANDED_OVER, told, engagement_id)
        await record(tx, self._vault, actor, after, now, "contact.hand_over", told, done)
        return after, left

    async def _check_handed_over_by(self, tx: Transaction, held: Held, actor: Actor) -> None:
        """Let pass whoever did this already: it took their right to say it again away."""
        row = await tx.fetch_one("engagement.last_of_contact", held.contact.contact_id)
        last = None if row is None else engagement_of(row)
        if (
            last is None
            or last.listener_id != actor.staff_id
            or last.state is not EngagementState.HANDED_OVER
            or last.lost_at is not None
        ):
            require(held, actor, Right.HAND_OVER)
            raise Conflict("nobody talks with them", code="contact_gone")

    async def extend_wrap_up(
        self,
        contact_id: UUID,
        actor: Actor,
        by: timedelta,
        most: int,
        now: datetime,
        *,
        shown_until: datetime | None = None,
    ) -> Change:
        """Give a write-up more time, `most` times at the most; meanwhile its listener is not offered.

        Only if its end is still the one shown, when that is given: another
        tab may have asked. Raises NotFound or NotAllowed when the actor does
        not serve the contact, Conflict `wrap_up_over` when they write nothing
        up there or its time has run out (they may have been offered the next
        one), `wrap_up_limit` after the last extension.
        """
        async with acting(self._database, self._vault, actor, now) as tx:
            held = await hold_as(tx, actor, contact_id, Right.CONTACT_SERVE, now)
            listener_id = actor.staff_id
            if held.taken is None or held.taken.listener_id != listener_id:
                raise Conflict("nothing is written up by this person", code="wrap_up_over")
            until = held.taken.wrap_up_until
            if until is None:
                raise Conflict("nothing is written up", code="wrap_up_over")
            if shown_until is not None and abs(until - shown_until) > SAME_INSTANT:
                return held.unchanged
            if until <= now:
                raise Conflict("its time is over", code="wrap_up_over")
            engagement_id = held.taken.engagement_id
            row = await tx.fetch_one(
                "engagement.extend_wrap_up", engagement_id, listener_id, by, most, now
            )
            if row is None:
                raise Conflict("no more time", code="wrap_up_limit")
            # Whoever shows the contact shows the write-up's end: that is a version of it too.
            after = changed(await tx.fetch_one("contact.touch", contact_id, now))
            return held.became(after, engagement_of(row))


def _right_to_hand_over(held: Held) -> Right:
    waits = held.contact.state is ContactState.WAITING
    return Right.CONTACT_READ if waits else Right.HAND_OVER


def check_talking(held: Held) -> None:
    """Raise Conflict unless somebody talks with the person."""
    if held.taken is not None and held.taken.state is EngagementState.CONNECTING:
        raise Conflict("the caller is not there yet", code="call_connecting")
    talks = held.taken is not None and held.taken.state is EngagementState.TALKING
    if held.contact.state is not ContactState.ACTIVE or not talks:
        raise Conflict("nobody talks with them", code="contact_gone")


async def check_colleague(tx: Transaction, listener_id: UUID, line_id: str) -> None:
    """Raise InvalidInput `listener_unknown` unless somebody active works for the line."""
    row = await tx.fetch_one("supervision.colleague", listener_id, [line_id])
    if row is None or not row["active"]:
        raise InvalidInput("no such listener", code="listener_unknown", field="listener_id")
