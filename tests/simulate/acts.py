"""What the edges of a node do: the voice webhooks, the chat's routes, the staff API, in short.

Each follows the method named in its comment, on the same services and acts.
"""

from datetime import timedelta
from uuid import UUID

from config.ids import new_id
from config.vocabulary import (
    Audience,
    ContactState,
    Disposition,
    EndedBy,
    EngagementStep,
    PresenceState,
    Urgency,
    UrgencySource,
)
from records.actor import CORRESPONDENT, Principal
from records.contacts.change import Change
from records.contacts.snapshot import ContactSnapshot, Placement
from records.engagements.engagement import Engagement
from tests.simulate.node import Node

ACCOUNT = "AC0"
CLAIM = timedelta(seconds=4)
NO_CONTENT = "silent"


async def call_arrives(node: Node, call_sid: str, language: str) -> ContactSnapshot:
    """Take a call in. As Callers.arrived."""
    now = node.clock.now()
    taken: tuple[ContactSnapshot, bool] = await node.contacts.take_in_call(
        new_id(),
        node.helpline.line.id,
        ACCOUNT,
        call_sid,
        None,
        language,
        node.helpline.config_version,
        now,
        now,
    )
    return taken[0]


async def call_is_placed(node: Node, contact_id: UUID, placement: Placement) -> ContactSnapshot:
    """Put a caller in waiting. As Callers.chose."""
    change: Change = await node.contacts.place(contact_id, placement, node.clock.now())
    await node.effects.follow(change)
    return change.after


async def chat_arrives(
    node: Node, contact_id: UUID, placement: Placement, language: str
) -> ContactSnapshot:
    """Take a chat in. As Conversations.open."""
    change: Change = await node.contacts.take_in_chat(
        contact_id,
        node.helpline.line.id,
        contact_id.bytes,
        language,
        None,
        placement,
        node.helpline.config_version,
        node.clock.now(),
    )
    await node.effects.follow(change)
    return change.after


def placed(node: Node, queue: str, audience: Audience, urgency: Urgency) -> Placement:
    """Return the place of a queue and an urgency."""
    return node.placements.at(queue, audience, urgency, UrgencySource.SYSTEM)


async def danger_is_declared(node: Node, contact_id: UUID) -> None:
    """Raise a waiting caller to U1. As Callers.declared_danger."""
    contact = await node.contacts.get(contact_id)
    if contact.state not in (ContactState.WAITING, ContactState.ACTIVE):
        return
    change = await node.contacts.set_urgency(
        contact_id,
        Urgency.U1,
        0,
        node.placements.head_start_ms(Urgency.U1),
        UrgencySource.DECLARED,
        "danger_key",
        CORRESPONDENT,
        node.clock.now(),
        confirmed=False,
    )
    await node.effects.follow(change)


async def person_leaves(node: Node, contact_id: UUID) -> ContactSnapshot:
    """Record that the person is gone. As Callers.left."""
    change: Change = await node.contacts.end(
        contact_id, EndedBy.CORRESPONDENT, "hung_up", node.clock.now()
    )
    await node.effects.follow(change)
    return change.after


async def listener_ends(node: Node, who: Principal, contact_id: UUID) -> None:
    """End a contact at the desk. As ContactDesk.end."""
    change = await node.contacts.end(
        contact_id,
        EndedBy.LISTENER,
        "ended_at_desk",
        node.clock.now(),
        actor=who,
    )
    await node.effects.follow(change)


async def listener_closes(node: Node, who: Principal, contact_id: UUID) -> None:
    """Finish a write-up. As ContactDesk.close."""
    change = await node.contacts.close(
        contact_id, who, Disposition.NON_CONTENT, NO_CONTENT, node.clock.now()
    )
    await node.effects.follow(change)


async def listener_hands_over(node: Node, who: Principal, contact_id: UUID, queue: str) -> None:
    """Give a contact on to another queue. As ContactEnding.hand_over."""
    change = await node.engagements.hand_over(
        contact_id,
        lambda contact: node.placements.moved(contact, queue),
        node.clock.now(),
        who,
        "hand_over",
    )
    await node.effects.follow(change)


async def due_steps(node: Node, limit: int) -> list[Engagement]:
    """Claim call steps that are due. As CallSteps.drive_due."""
    found: list[Engagement] = await node.engagements.due_steps(node.clock.now(), limit, claim=CLAIM)
    return found


async def leg_is_hung_up(node: Node, engagement: Engagement) -> None:
    """Forget the leg of an engagement that is over. As CallSteps._hang_up."""
    await node.engagements.advance(
        engagement.engagement_id, EngagementStep.HANG_UP, EngagementStep.NONE, None
    )


async def both_are_joined(node: Node, engagement: Engagement) -> None:
    """Record that listener and caller are together. As CallSteps.caller_joined."""
    change = await node.engagements.connected(engagement.engagement_id, node.clock.now())
    await node.effects.follow(change)


async def listener_is_not_reached(node: Node, engagement: Engagement) -> None:
    """Let the caller wait again: her telephone did not answer. As CallSteps._give_up."""
    now = node.clock.now()
    change = await node.engagements.not_connected(engagement.engagement_id, "leg_failed", now)
    if not change.happened:
        return
    await node.presence.conclude(
        engagement.listener_id, PresenceState.CHECK_AUDIO, "leg_failed", now
    )
    await node.effects.follow(change)
