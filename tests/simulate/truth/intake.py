"""How contacts come to wait and are accepted, by the rules of `records.contacts`."""

from dataclasses import MISSING, fields
from datetime import datetime, timedelta
from typing import Any, NoReturn
from uuid import UUID

from config.errors import Conflict, NotAllowed
from config.vocabulary import (
    Audience,
    Channel,
    ContactState,
    EngagementRole,
    EngagementState,
    EngagementStep,
    Level,
)
from records.actor import Principal
from records.contacts.acceptance import has_place
from records.contacts.change import Change
from records.contacts.snapshot import ContactSnapshot, Placement
from records.engagements.engagement import Engagement
from tests.simulate.truth.store import NO_PREFERENCE, Store, statement, waited_ms


class TrueIntake:
    """Stands for `Intake` and `Accepting`."""

    def __init__(self, store: Store, wrap_up: timedelta, *, is_fenced: bool = True) -> None:
        """Work on `store`; a write-up holds capacity for `wrap_up`.

        `is_fenced` false is a sabotage: an accept no longer asks for the turn.
        """
        self._store = store
        self._wrap_up = wrap_up
        self._is_fenced = is_fenced

    def take_in_call(
        self,
        contact_id: UUID,
        line_id: str,
        account_sid: str,
        call_sid: str,
        number: str | None,
        language: str,
        config_version: str,
        arrived_at: datetime,
        now: datetime,
    ) -> tuple[ContactSnapshot, bool]:
        """Record a call as arriving, once for each call."""
        known = self._store.of_call.get((account_sid, call_sid))
        if known is not None:
            return self._store.contacts[known], False
        self._store.of_call[account_sid, call_sid] = contact_id
        made = _newborn(
            contact_id,
            line_id,
            Channel.CALL,
            language,
            config_version,
            arrived_at,
            account_sid=account_sid,
            call_sid=call_sid,
            changed_at=now,
        )
        return self._store.put(made), True

    @statement
    def take_in_chat(
        self,
        contact_id: UUID,
        line_id: str,
        token_hash: bytes,
        language: str,
        department: str | None,
        placement: Placement,
        config_version: str,
        now: datetime,
    ) -> ContactSnapshot:
        """Record a chat as waiting, once for each id."""
        if contact_id in self._store.contacts:
            return self._store.contacts[contact_id]
        return self._store.put(
            _newborn(
                contact_id,
                line_id,
                Channel.CHAT,
                language,
                config_version,
                now,
                state=ContactState.WAITING,
                turn=1,
                department=department,
                visitor_seen_at=now,
                **_placed(placement, now),
            )
        )

    @statement
    def place(
        self,
        contact_id: UUID,
        placement: Placement,
        now: datetime,
        *,
        language: str | None = None,
    ) -> ContactSnapshot:
        """Put an arriving contact in waiting; anything past that is returned as it stands."""
        contact = self._store.contact(contact_id)
        if contact.state is not ContactState.ARRIVING:
            return contact
        return self._store.change(
            contact,
            now,
            state=ContactState.WAITING,
            turn=contact.turn + 1,
            language=language or contact.language,
            **_placed(placement, now),
        )

    def accept(
        self,
        offer_id: UUID,
        contact_id: UUID,
        turn: int,
        who: Principal,
        now: datetime,
    ) -> Change:
        """Give the contact to the listener, for this turn, within her capacity."""
        listener_id, max_chats = who.staff_id, who.max_chats
        contact = self._store.contact(contact_id)
        waits = contact.state is ContactState.WAITING and contact.turn == turn
        if not waits and (self._is_fenced or offer_id in self._store.engagements):
            return self._already(offer_id, contact, listener_id)
        listener = self._store.listeners.get(listener_id)
        if listener is None:
            raise NotAllowed("no presence was ever declared", code="not_present")
        carried = self._store.carried(listener_id, now)
        calls = sum(each.channel is Channel.CALL for each in carried)
        chats = len(carried) - calls
        if not has_place(contact.channel, calls, chats, max_chats, listener.chats_beside_call):
            raise Conflict("no place left", code="over_capacity")
        talking = contact.channel is Channel.CHAT
        answered = {"answered_at": contact.answered_at or now, "waited_ms": waited_ms(contact, now)}
        after = self._store.change(
            contact,
            now,
            state=ContactState.ACTIVE,
            **NO_PREFERENCE,
            **(answered if talking else {}),
        )
        made = _begun(
            offer_id,
            contact,
            listener_id,
            who.session_id,
            contact.level,
            EngagementStep.NONE if talking else EngagementStep.CALL_LISTENER,
            None if talking else f"c{offer_id.hex}",
            now,
        )
        self._store.unsettled.pop(offer_id, None)
        return Change(None, after, None, self._store.work(made))

    def refuse_offer(
        self, offer_id: UUID, contact_id: UUID, who: Principal, now: datetime
    ) -> NoReturn:
        """Refuse an offer that was made to somebody else: everybody here works for its line."""
        raise NotAllowed("another listener's offer")

    def _already(self, offer_id: UUID, contact: ContactSnapshot, listener_id: UUID) -> Change:
        made = self._store.engagements.get(offer_id)
        if made is not None:
            if (made.listener_id, made.contact_id) == (listener_id, contact.contact_id):
                return Change(contact, contact, made, made)
            raise Conflict("the offer was accepted by somebody else", code="contact_taken")
        if contact.state is ContactState.ACTIVE:
            raise Conflict("somebody else has it", code="contact_taken")
        raise Conflict("it no longer waits in this turn", code="contact_gone")


def _begun(
    offer_id: UUID,
    contact: ContactSnapshot,
    listener_id: UUID,
    session_id: UUID,
    level: Level,
    step: EngagementStep,
    conference_name: str | None,
    now: datetime,
) -> Engagement:
    talking = contact.channel is Channel.CHAT
    since = contact.waiting_since or contact.arrived_at
    return Engagement(
        engagement_id=offer_id,
        contact_id=contact.contact_id,
        line_id=contact.line_id,
        listener_id=listener_id,
        session_id=session_id,
        channel=contact.channel,
        state=EngagementState.TALKING if talking else EngagementState.CONNECTING,
        level=level,
        role=EngagementRole.PRIMARY,
        turn=contact.turn,
        step=step,
        step_due_at=None if step is EngagementStep.NONE else now,
        step_attempts=0,
        conference_name=conference_name,
        conference_sid=None,
        leg_call_sid=None,
        accepted_at=now,
        talking_at=now if talking else None,
        wrap_up_at=None,
        wrap_up_until=None,
        done_at=None,
        queue=contact.queue,
        waited_ms=max(0, (now - since) // timedelta(milliseconds=1)),
    )


def _newborn(
    contact_id: UUID,
    line_id: str,
    channel: Channel,
    language: str,
    config_version: str,
    arrived_at: datetime,
    **known: Any,
) -> ContactSnapshot:
    values: dict[str, Any] = {
        **dict.fromkeys(each.name for each in fields(ContactSnapshot) if each.default is MISSING),
        "contact_id": contact_id,
        "line_id": line_id,
        "channel": channel,
        "language": language,
        "config_version": config_version,
        "version": 1,
        "arrived_at": arrived_at,
        "state": ContactState.ARRIVING,
        "audience": Audience.UNKNOWN,
        "head_start_ms": 0,
        "returned": False,
        "turn": 0,
        "changed_at": arrived_at,
        **known,
    }
    return ContactSnapshot(**values)


def _placed(placement: Placement, now: datetime) -> dict[str, Any]:
    return {
        "queue": placement.queue,
        "audience": placement.audience,
        "urgency": placement.urgency,
        "urgency_source": placement.source,
        "band": placement.band,
        "head_start_ms": placement.head_start_ms,
        "rank": placement.rank(now),
        "queued_at": now,
        "waiting_since": now,
        "level": placement.level,
        "needs": placement.needs,
        "home_queue": placement.home_queue,
    }
