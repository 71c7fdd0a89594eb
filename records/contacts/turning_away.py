"""Closing a contact that nobody works on: sent elsewhere, or stuck."""

from datetime import datetime
from uuid import UUID

from config.errors import Conflict, InvalidInput
from config.vocabulary import (
    ActorKind,
    Channel,
    ContactEventKind,
    ContactState,
    Disposition,
    EndedBy,
    EngagementState,
)
from records.actor import SYSTEM, Actor
from records.coded import CodedValue, code
from records.contacts.change import Change
from records.contacts.events import Happened, record
from records.contacts.follow_up import FollowUpWanted, create_follow_up
from records.contacts.holding import Held, acting, changed, finish_write_up, hold_as, worked
from records.contacts.rows import Acts
from records.contacts.snapshot import ContactSnapshot
from records.database import Transaction
from records.engagements.engagement import Engagement
from records.policy import Right

# What staff may not call it once somebody has talked with the person, and before.
_ONLY_UNANSWERED = (Disposition.ABANDONED, Disposition.DETERRED)
_ONLY_ANSWERED = (Disposition.TREATED,)
_UNTOUCHED = (ContactState.ARRIVING, ContactState.WAITING)


class TurningAway(Acts):
    """The act that closes at once."""

    async def turn_away(
        self,
        contact_id: UUID,
        disposition: Disposition,
        reason: str,
        now: datetime,
        *,
        ended_by: EndedBy = EndedBy.SYSTEM,
        actor: Actor = SYSTEM,
        non_content_code: str | None = None,
        follow_up: FollowUpWanted | None = None,
    ) -> Change:
        """Close a contact at once, with its conversation and whatever work on it is open.

        The service closes so only whom nobody has answered: closed hours
        (DETERRED), a callback agreed (CALLBACK, with its `follow_up`
        in the same commit). Staff close a stuck one in any state; their
        reason stands in the history and the trail, in place of a case. A
        closed contact is returned as it stands. Nobody in immediate danger
        is deterred: Conflict `immediate_danger`. Raises Conflict
        `contact_taken` when the service comes too late, InvalidInput when
        disposition and code do not agree, or staff call unanswered whom
        somebody has answered meanwhile.
        """
        told = _told(disposition, reason, non_content_code)
        async with acting(self._database, self._vault, actor, now) as tx:
            held = await hold_as(tx, actor, contact_id, Right.CONTACT_ASSIGN, now)
            contact = held.contact
            if contact.state is ContactState.CLOSED:
                return held.unchanged
            _check(contact, disposition, actor)
            if contact.channel is Channel.CHAT:
                await tx.execute("contact.close_conversation", contact_id)
            written = (disposition.value, told["code"], ended_by.value, told["reason"])
            row = await tx.fetch_one("contact.turn_away", contact_id, now, now, *written)
            after = changed(row)
            left = await _let_go(tx, held, now)
            engagement_id = None if held.live is None else held.live.engagement_id
            if follow_up is not None:
                await create_follow_up(tx, after, follow_up, actor, now)
            if contact.answered_at is not None:
                # What a listener promised is owed, whoever closes in the end.
                terms = await self._terms(tx, contact, disposition, now)
                await self._owe(tx, after, terms, actor, now)
            over = []
            if contact.state is not ContactState.ENDED:
                gone = {"by": ended_by.value, "reason": told["reason"]}
                over.append(Happened(ContactEventKind.ENDED, gone, engagement_id))
            over.append(Happened(ContactEventKind.CLOSED, told))
            await record(tx, self._vault, actor, after, now, "contact.close_stuck", told, *over)
            return held.became(after, left)


def _told(
    disposition: Disposition, reason: str, non_content_code: str | None
) -> dict[str, CodedValue]:
    if (disposition is Disposition.NON_CONTENT) != (non_content_code is not None):
        raise InvalidInput(
            "a code goes with non_content, and only with it", field="non_content_code"
        )
    return {
        "disposition": disposition.value,
        "reason": code(reason, "reason"),
        "code": None if non_content_code is None else code(non_content_code, "code"),
    }


def _check(contact: ContactSnapshot, disposition: Disposition, actor: Actor) -> None:
    if actor.kind is not ActorKind.STAFF and contact.state not in _UNTOUCHED:
        raise Conflict("somebody has it", code="contact_taken")
    if actor.kind is ActorKind.STAFF:
        unfitting = _ONLY_ANSWERED if contact.answered_at is None else _ONLY_UNANSWERED
        if disposition in unfitting:
            raise InvalidInput("does not fit what happened", field="disposition")
    if disposition is Disposition.DETERRED and contact.band == 0:
        raise Conflict("nobody in danger is turned away", code="immediate_danger")


async def _let_go(tx: Transaction, held: Held, now: datetime) -> Engagement | None:
    if held.live is None:
        return await finish_write_up(tx, held, now)
    connecting = held.live.state is EngagementState.CONNECTING
    state = EngagementState.NOT_CONNECTED if connecting else EngagementState.DONE
    return worked(
        await tx.fetch_one("engagement.leave", held.live.engagement_id, state.value, now, False)
    )
