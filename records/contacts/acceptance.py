"""Accepting an offer: the one act by which a contact becomes a listener's."""

from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID

from config.errors import Conflict, NotAllowed, NotFound
from config.ids import new_id
from config.vocabulary import Channel, ContactState, EngagementState, EngagementStep
from records.access import gated, refusal
from records.actor import Principal
from records.coded import CodedValue
from records.contacts.change import Change
from records.contacts.events import audit_if_staff
from records.contacts.rows import Acts
from records.contacts.snapshot import ContactSnapshot, snapshot_of
from records.database import Row, Transaction
from records.engagements.engagement import engagement_of
from records.policy import Right


class Accepting(Acts):
    """The accept act."""

    async def accept(
        self, offer_id: UUID, contact_id: UUID, turn: int, who: Principal, now: datetime
    ) -> Change:
        """Give the contact to the listener, for this turn, within her capacity.

        Capacity (`has_place`) is counted under a lock of her listener row, so
        two offers accepted at once by two nodes cannot both fit into the last
        place. Write-ups count until their time is over. A chat is talking from
        this instant; for a call the listener's leg is to be rung, at once.

        A repeat of the same offer returns the same engagement. Raises
        Conflict `contact_taken` (somebody else has it), `contact_gone` (it
        left, or this stay in waiting is over), `over_capacity`; NotAllowed
        `not_present` when the listener never declared a presence; NotFound
        when the contact is on no line of the listener's;
        OutcomeUnknown when the commit's fate is unknown: ask again with the
        same offer.
        """
        async with self._database.transaction() as tx:
            lines = sorted(who.line_ids)
            row = await tx.fetch_one("contact.accept", contact_id, now, turn, lines)
            if row is None:
                return await _already(tx, offer_id, contact_id, who)
            contact = snapshot_of(row)
            await _hold_capacity(tx, who, contact.channel, now)
            made = await tx.fetch_one("engagement.create", *_columns(offer_id, who, contact, now))
            assert made is not None, "an insert returns its row"
            told: dict[str, CodedValue] = {"offer_id": offer_id, "turn": turn}
            await audit_if_staff(tx, self._vault, who, "contact.accept", contact, now, told)
        return Change(None, contact, None, engagement_of(made))

    async def refuse_offer(
        self, offer_id: UUID, contact_id: UUID, who: Principal, now: datetime
    ) -> NoReturn:
        """Refuse an offer that was made to somebody else; the trail keeps it.

        Raises NotAllowed; NotFound when the contact is on no line of theirs,
        as for an offer that never was.
        """
        async with gated(self._database, self._vault, who, now, reading=True) as tx:
            row: Row | None = await tx.fetch_one("contact_list.get", contact_id)
            if row is None or row["line_id"] not in who.line_ids:
                raise NotFound("no such offer")
            raise refusal(Right.CONTACT_SERVE, "offer", offer_id, row["line_id"])


async def _already(tx: Transaction, offer_id: UUID, contact_id: UUID, who: Principal) -> Change:
    # The update waited for whoever held the row, so this reads what they committed.
    made = await tx.fetch_one("engagement.get", offer_id)
    row: Row | None = await tx.fetch_one("contact_list.get", contact_id)
    if row is not None and row["line_id"] not in who.line_ids:
        raise NotFound("on no line of theirs")
    if made is not None and row is not None:
        taken = engagement_of(made)
        if (taken.listener_id, taken.contact_id) == (who.staff_id, contact_id):
            contact = snapshot_of(row)
            return Change(contact, contact, taken, taken)
        raise Conflict("the offer was accepted by somebody else", code="contact_taken")
    if row is not None and row["state"] == ContactState.ACTIVE:
        raise Conflict("somebody else has it", code="contact_taken")
    raise Conflict("it no longer waits in this turn", code="contact_gone")


async def _hold_capacity(tx: Transaction, who: Principal, channel: Channel, now: datetime) -> None:
    listener = await tx.fetch_one("engagement.lock_listener", who.staff_id)
    if listener is None:
        raise NotAllowed("no presence was ever declared", code="not_present")
    load = await tx.fetch_one("engagement.load", who.staff_id, now)
    assert load is not None
    if not has_place(
        channel, load["calls"], load["chats"], who.max_chats, listener["chats_beside_call"]
    ):
        raise Conflict("no place left", code="over_capacity")


def has_place(
    channel: Channel, calls: int, chats: int, max_chats: int, chats_beside_call: int
) -> bool:
    """Say whether one more contact fits beside those she has.

    One call; `max_chats` chats; and with a call in hand, or to come, no more
    chats than `chats_beside_call`.
    """
    beside = min(max_chats, chats_beside_call)
    if channel is Channel.CALL:
        return calls == 0 and chats <= beside
    return chats < (beside if calls else max_chats)


def _columns(
    offer_id: UUID, who: Principal, contact: ContactSnapshot, now: datetime
) -> tuple[object, ...]:
    is_call = contact.channel is Channel.CALL
    return (
        offer_id,
        contact.contact_id,
        contact.line_id,
        who.staff_id,
        who.session_id,
        contact.channel.value,
        (EngagementState.CONNECTING if is_call else EngagementState.TALKING).value,
        contact.level.value,
        contact.turn,
        (EngagementStep.CALL_LISTENER if is_call else EngagementStep.NONE).value,
        now if is_call else None,
        # Opaque and unguessable: conference names show in the carrier's console.
        f"c{offer_id.hex}" if is_call else None,
        now,
        None if is_call else now,
        new_id(),
        None if is_call else new_id(),
        contact.queue,
        _waited_ms(contact, now),
    )


def _waited_ms(contact: ContactSnapshot, now: datetime) -> int:
    since = contact.waiting_since or contact.arrived_at
    return max(0, (now - since) // timedelta(milliseconds=1))
