"""How a contact is moved about: to another queue, to one listener, to the next level."""

from datetime import datetime
from uuid import UUID

from config.errors import Conflict
from config.vocabulary import ContactEventKind, ContactState
from records.actor import Actor
from records.coded import CodedValue, code
from records.contacts.change import Change
from records.contacts.events import Happened, add_event, audit_if_staff, record
from records.contacts.holding import Held, changed, hold
from records.contacts.rows import Acts
from records.contacts.snapshot import ContactSnapshot, Placement, more_urgent
from records.database import Transaction
from records.vault import Vault


class Moving(Acts):
    """The acts that move a contact which waits."""

    async def move(
        self,
        contact_id: UUID,
        placement: Placement,
        actor: Actor,
        now: datetime,
        reason: str,
        *,
        kind: ContactEventKind = ContactEventKind.MOVED,
    ) -> Change:
        """Let a waiting contact wait in another queue: a new turn, its time in waiting kept.

        `kind` is MOVED, or TAKEN_IN when its own queue does not answer: then
        `home_queue` keeps which one that was. The urgency is raised to the
        placement's, never lowered. Already in that queue, it is returned as
        it stands. `reason` is a code. Raises Conflict `contact_not_waiting`.
        """
        async with self._database.transaction() as tx:
            held = await hold_waiting(tx, contact_id)
            return await move_held(tx, self._vault, held, placement, actor, now, reason, kind=kind)

    async def assign(
        self,
        contact_id: UUID,
        listener_id: UUID,
        until: datetime,
        head_start_ms: int,
        actor: Actor,
        now: datetime,
        reason: str,
    ) -> Change:
        """Keep a waiting contact for one listener until then, at the head; then anyone's.

        `head_start_ms` is the return's, given once in a contact's life. A new
        turn: an offer that stands is void. Saying it again only moves
        `until`. Raises Conflict `contact_not_waiting`, NotFound
        `reference_missing` for an unknown listener.
        """
        async with self._database.transaction() as tx:
            held = await hold_waiting(tx, contact_id)
            contact = held.contact
            if (contact.preferred_listener_id, contact.preferred_until) == (listener_id, until):
                return held.unchanged
            row = await tx.fetch_one(
                "contact.assign", contact_id, listener_id, until, head_start_ms, now
            )
            after = changed(row)
            told: dict[str, CodedValue] = {
                "listener": listener_id,
                "reason": code(reason, "reason"),
            }
            done = Happened(ContactEventKind.ASSIGNED, told)
            await record(tx, self._vault, actor, after, now, "contact.assign", told, done)
            return held.became(after)


async def hold_waiting(tx: Transaction, contact_id: UUID) -> Held:
    """Lock a contact that waits; raise NotFound, or Conflict `contact_not_waiting`."""
    held = await hold(tx, contact_id)
    if held.contact.state is not ContactState.WAITING:
        raise Conflict("it does not wait", code="contact_not_waiting")
    return held


async def move_held(
    tx: Transaction,
    vault: Vault,
    held: Held,
    placement: Placement,
    actor: Actor,
    now: datetime,
    reason: str,
    *,
    kind: ContactEventKind = ContactEventKind.MOVED,
) -> Change:
    """Move a held contact that waits to another queue; already there, nothing changes."""
    contact = held.contact
    if contact.queue == placement.queue:
        return held.unchanged
    after = await move_locked(tx, contact, placement, actor, now, reason, kind)
    told = {"from": contact.queue, "to": placement.queue, "reason": reason}
    await audit_if_staff(tx, vault, actor, "contact.move", after, now, told)
    return held.became(after)


async def move_locked(
    tx: Transaction,
    contact: ContactSnapshot,
    placement: Placement,
    actor: Actor,
    now: datetime,
    reason: str,
    kind: ContactEventKind,
) -> ContactSnapshot:
    """Move a contact that is locked and waits, with its event."""
    home = placement.home_queue
    if kind is ContactEventKind.TAKEN_IN and home is None:
        home = contact.home_queue or contact.queue
    after = changed(await tx.fetch_one("contact.move", *placed(contact, placement, home), now))
    await add_event(
        tx, after, kind, now, actor, detail={**told_of_move(contact, after), "reason": reason}
    )
    return after


def placed(
    contact: ContactSnapshot, placement: Placement, home_queue: str | None
) -> tuple[object, ...]:
    """Return what `contact.move` and `contact.hand_over` write, from $1 to $10."""
    urgency, source, band, head_start_ms = more_urgent(contact, placement)
    return (
        contact.contact_id,
        placement.queue,
        placement.audience.value,
        int(urgency),
        source.value,
        band,
        head_start_ms,
        placement.level.value,
        list(placement.needs),
        home_queue,
    )


def told_of_move(before: ContactSnapshot, after: ContactSnapshot) -> dict[str, CodedValue]:
    """Return what an event tells of a move: figures of each level read it."""
    return {
        "from": before.queue,
        "to": after.queue,
        "from_level": before.level.value,
        "level": after.level.value,
        "urgency": after.urgency,
    }
