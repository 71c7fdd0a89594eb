"""How a contact ends, closes, or comes back; and what that does to whoever was with it."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from config.errors import Conflict, InvalidInput
from config.vocabulary import (
    Channel,
    ContactEventKind,
    ContactState,
    Disposition,
    EndedBy,
    EngagementState,
)
from records.actor import CORRESPONDENT, SYSTEM, Actor
from records.coded import code
from records.contacts.change import Change
from records.contacts.events import Happened, add_event, record
from records.contacts.holding import Held, acting, changed, finish_write_up, hold, hold_as, worked
from records.contacts.rows import Acts
from records.database import Transaction
from records.engagements.engagement import Engagement
from records.policy import Right

_OVER = (ContactState.ENDED, ContactState.CLOSED)
_BY_THE_PERSON = (EndedBy.CORRESPONDENT, EndedBy.AWAY)


class Ending(Acts):
    """The acts that end, close and reopen."""

    async def end(
        self,
        contact_id: UUID,
        ended_by: EndedBy,
        reason: str,
        now: datetime,
        *,
        ended_at: datetime | None = None,
        actor: Actor = SYSTEM,
    ) -> Change:
        """Record that the person is gone, since `ended_at` if that is earlier than `now`.

        Before anybody answered this turn: closed as abandoned, with how long
        they waited, or as lost by the desk that had lost them. While talking: ended, and the listener's write-up opens.
        An ended or closed contact is returned as it stands, so that the
        hang-up, its callback and the reconciler may all say so. The
        conversation closes in the same transaction: no line is accepted
        after it. `reason` is a code; `actor` is needed for staff, who must serve
        the contact. Raises Conflict `call_connecting` for a listener who ends a
        call that is still being connected: the caller is parked, and closing
        would leave them there.
        """
        async with acting(self._database, self._vault, actor, now) as tx:
            held = await hold_as(tx, actor, contact_id, right_to_finish, now)
            if held.contact.state in _OVER:
                return held.unchanged
            if ended_by is EndedBy.LISTENER:
                _check_talking(held)
            return await self._end(tx, held, ended_by, reason, now, ended_at, actor)

    async def end_away(self, contact_id: UUID, seen_before: datetime, now: datetime) -> Change:
        """Give up a waiting visitor not seen since `seen_before`; back in time, she is kept.

        Counted to the last sign of life. The condition is read under the
        lock, so a sweep never closes on somebody who has just returned.
        """
        async with self._database.transaction() as tx:
            held = await hold(tx, contact_id)
            seen_at = held.contact.visitor_seen_at
            if held.contact.state is not ContactState.WAITING or seen_at is None:
                return held.unchanged
            if seen_at >= seen_before:
                return held.unchanged
            return await self._end(tx, held, EndedBy.AWAY, "away", now, seen_at, SYSTEM)

    async def come_back(self, contact_id: UUID, now: datetime) -> Change:
        """Let a visitor given up for away wait again: a new turn at her old place.

        Any other contact is returned as it stands.
        """
        async with self._database.transaction() as tx:
            held = await hold(tx, contact_id)
            row = await tx.fetch_one("contact.come_back", contact_id, now)
            if row is None:
                return held.unchanged
            back = changed(row)
            await tx.execute("contact.reopen_conversation", contact_id)
            await add_event(
                tx,
                back,
                ContactEventKind.RETURNED,
                now,
                CORRESPONDENT,
                detail={"reason": "came_back"},
            )
            return held.became(back)

    async def close(
        self,
        contact_id: UUID,
        actor: Actor,
        disposition: Disposition,
        non_content_code: str | None,
        now: datetime,
        *,
        check: Callable[[], None] = lambda: None,
    ) -> Change:
        """Close an ended contact and finish its write-up.

        It must stand in a case, or carry a non-content code, which goes with
        the disposition `non_content` and no other; or its write-up says that
        none is needed. What the write-up promises is owed in the same commit.
        A repeat with the same words changes nothing. Raises Conflict
        `contact_open`, `already_closed` (with other words),
        `case_or_code_needed`; InvalidInput when disposition and code do not
        agree, `form_incomplete` naming a question that needs an answer; what
        `check` raises for words that are not the helpline's; NotFound; NotAllowed.
        """
        if (disposition is Disposition.NON_CONTENT) != (non_content_code is not None):
            raise InvalidInput(
                "a code goes with non_content, and only with it", field="non_content_code"
            )
        told_code = None if non_content_code is None else code(non_content_code, "non_content_code")
        async with acting(self._database, self._vault, actor, now) as tx:
            held = await hold_as(tx, actor, contact_id, right_to_finish, now)
            contact = held.contact
            if contact.state is ContactState.CLOSED:
                if (contact.disposition, contact.non_content_code) == (disposition, told_code):
                    return held.unchanged
                raise Conflict("closed otherwise", code="already_closed")
            if contact.state is not ContactState.ENDED:
                raise Conflict("the person is still there", code="contact_open")
            check()
            terms = await self._terms(tx, contact, disposition, now)
            if terms.missing:
                field = terms.missing[0]
                raise InvalidInput("a question is unanswered", code="form_incomplete", field=field)
            needs_case = told_code is None and terms.needs_case
            if needs_case and not await tx.fetch_value("contact.is_in_a_case", contact_id):
                raise Conflict("neither a case nor a code", code="case_or_code_needed")
            row = await tx.fetch_one("contact.close", contact_id, disposition.value, told_code, now)
            after = changed(row)
            done = await finish_write_up(tx, held, now)
            told = {"disposition": disposition.value, "code": told_code}
            await self._owe(tx, after, terms, actor, now)
            closed = Happened(ContactEventKind.CLOSED, told)
            await record(tx, self._vault, actor, after, now, "contact.close", told, closed)
            return held.became(after, done)

    async def _end(
        self,
        tx: Transaction,
        held: Held,
        ended_by: EndedBy,
        reason: str,
        now: datetime,
        ended_at: datetime | None,
        actor: Actor,
    ) -> Change:
        contact, live = held.contact, held.live
        since = min(now, max(contact.arrived_at, ended_at or now))
        who = CORRESPONDENT if ended_by in _BY_THE_PERSON else actor
        told = {"by": ended_by.value, "reason": code(reason, "reason")}
        if contact.channel is Channel.CHAT:
            await tx.execute("contact.close_conversation", contact.contact_id)
        answered = live is not None and live.state is EngagementState.TALKING
        statement = "contact.finish" if answered else "contact.abandon"
        row = await tx.fetch_one(
            statement, contact.contact_id, since, now, told["by"], told["reason"]
        )
        after = changed(row)
        engagement_id = None if live is None else live.engagement_id
        left = await self._let_go(tx, live, now)
        over = [Happened(ContactEventKind.ENDED, told, engagement_id)]
        if after.disposition is not None:
            closed = {"disposition": after.disposition.value}
            over.append(Happened(ContactEventKind.CLOSED, closed))
        await record(tx, self._vault, who, after, now, "contact.end", told, *over)
        return held.became(after, left)

    async def _let_go(
        self, tx: Transaction, live: Engagement | None, now: datetime
    ) -> Engagement | None:
        if live is None:
            return None
        if live.state is EngagementState.TALKING:
            row = await tx.fetch_one(
                "engagement.write_up", live.engagement_id, now, now + self._wrap_up
            )
        else:
            over = EngagementState.NOT_CONNECTED.value
            row = await tx.fetch_one("engagement.leave", live.engagement_id, over, now, False)
        return worked(row)


def right_to_finish(held: Held) -> Right:
    """Return the right that the last acts of a contact ask for. Pure.

    To serve it; once it is closed, to read it. The last act takes the right to
    serve away: sent again after a lost answer, it is told what it did.
    """
    closed = held.contact.state is ContactState.CLOSED
    return Right.CONTACT_READ if closed else Right.CONTACT_SERVE


def _check_talking(held: Held) -> None:
    if held.live is not None and held.live.state is EngagementState.CONNECTING:
        raise Conflict("the caller is not there yet", code="call_connecting")
