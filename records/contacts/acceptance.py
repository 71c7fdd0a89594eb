"""Accepting an offer: the one act by which a contact becomes a listener's."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from config.errors import Conflict, NotAllowed
from config.ids import new_id
from config.vocabulary import Channel, ContactState, EngagementState, EngagementStep, Level
from records.actor import Actor
from records.coded import CodedValue
from records.contacts.change import Change
from records.contacts.events import audit_if_staff
from records.contacts.rows import Acts
from records.contacts.snapshot import ContactSnapshot, snapshot_of
from records.database import Row, Transaction
from records.engagements.engagement import engagement_of


@dataclass(frozen=True, slots=True)
class Acceptance:
    """An accepted offer, as the routing index handed it over.

    `first_step` is what is owed next, at once: calling the listener's leg
    for a call, nothing for a chat, which is talking from this instant.
    """

    offer_id: UUID
    contact_id: UUID
    turn: int
    listener_id: UUID
    session_id: UUID
    max_chats: int
    level: Level
    first_step: EngagementStep
    conference_name: str | None


class Accepting(Acts):
    """The accept act."""

    async def accept(
        self,
        offer_id: UUID,
        contact_id: UUID,
        turn: int,
        listener_id: UUID,
        session_id: UUID,
        max_chats: int,
        level: Level,
        first_step: EngagementStep,
        conference_name: str | None,
        now: datetime,
    ) -> Change:
        """Give the contact to the listener, for this turn, within her capacity.

        Capacity (`has_place`) is counted under a lock of her listener row, so
        two offers accepted at once by two nodes cannot both fit into the last
        place. Write-ups count until their time is over. `level` is the
        contact's in that turn.

        A repeat of the same offer returns the same engagement. Raises
        Conflict `contact_taken` (somebody else has it), `contact_gone` (it
        left, or this stay in waiting is over), `over_capacity`; NotAllowed
        `not_present` when the listener never declared a presence;
        OutcomeUnknown when the commit's fate is unknown: ask again with the
        same offer.
        """
        offer = Acceptance(
            offer_id,
            contact_id,
            turn,
            listener_id,
            session_id,
            max_chats,
            level,
            first_step,
            conference_name,
        )
        async with self._database.transaction() as tx:
            row = await tx.fetch_one("contact.accept", contact_id, now, turn)
            if row is None:
                return await _already(tx, offer)
            contact = snapshot_of(row)
            await _hold_capacity(tx, offer, contact.channel, now)
            made = await tx.fetch_one("engagement.create", *_columns(offer, contact, now))
            assert made is not None, "an insert returns its row"
            actor = Actor.staff(listener_id, session_id)
            told: dict[str, CodedValue] = {"offer_id": offer_id, "turn": turn}
            await audit_if_staff(tx, self._vault, actor, "contact.accept", contact, now, told)
        return Change(None, contact, None, engagement_of(made))


async def _already(tx: Transaction, offer: Acceptance) -> Change:
    # The update waited for whoever held the row, so this reads what they committed.
    made = await tx.fetch_one("engagement.get", offer.offer_id)
    row: Row | None = await tx.fetch_one("contact_list.get", offer.contact_id)
    if made is not None and row is not None:
        engagement = engagement_of(made)
        if (engagement.listener_id, engagement.contact_id) == (offer.listener_id, offer.contact_id):
            contact = snapshot_of(row)
            return Change(contact, contact, engagement, engagement)
        raise Conflict("the offer was accepted by somebody else", code="contact_taken")
    if row is not None and row["state"] == ContactState.ACTIVE:
        raise Conflict("somebody else has it", code="contact_taken")
    raise Conflict("it no longer waits in this turn", code="contact_gone")


async def _hold_capacity(
    tx: Transaction, offer: Acceptance, channel: Channel, now: datetime
) -> None:
    listener = await tx.fetch_one("engagement.lock_listener", offer.listener_id)
    if listener is None:
        raise NotAllowed("no presence was ever declared", code="not_present")
    load = await tx.fetch_one("engagement.load", offer.listener_id, now)
    assert load is not None
    if not has_place(
        channel, load["calls"], load["chats"], offer.max_chats, listener["chats_beside_call"]
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


def _columns(offer: Acceptance, contact: ContactSnapshot, now: datetime) -> tuple[object, ...]:
    talking = contact.channel is Channel.CHAT
    step = EngagementStep.NONE if talking else offer.first_step
    return (
        offer.offer_id,
        contact.contact_id,
        contact.line_id,
        offer.listener_id,
        offer.session_id,
        contact.channel.value,
        (EngagementState.TALKING if talking else EngagementState.CONNECTING).value,
        offer.level.value,
        contact.turn,
        step.value,
        None if step is EngagementStep.NONE else now,
        offer.conference_name,
        now,
        now if talking else None,
        new_id(),
        new_id() if talking else None,
        contact.queue,
        _waited_ms(contact, now),
    )


def _waited_ms(contact: ContactSnapshot, now: datetime) -> int:
    since = contact.waiting_since or contact.arrived_at
    return max(0, (now - since) // timedelta(milliseconds=1))
