"""Raising, confirming and correcting how urgent a contact is."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from config.errors import Conflict, InvalidInput
from config.vocabulary import ContactEventKind, ContactState, Urgency, UrgencySource
from records.actor import Actor, Principal
from records.coded import CodedValue, code
from records.contacts.change import Change
from records.contacts.events import Happened, record
from records.contacts.holding import Held, acting, changed, hold_as, require
from records.contacts.rows import Acts
from records.database import Transaction
from records.policy import Right
from records.vault import Vault

_RATED = (ContactState.WAITING, ContactState.ACTIVE, ContactState.ENDED)


class Rating(Acts):
    """The urgency act."""

    async def set_urgency(
        self,
        contact_id: UUID,
        urgency: Urgency,
        band: int,
        head_start_ms: int,
        source: UrgencySource,
        reason: str | None,
        actor: Actor,
        now: datetime,
        *,
        confirmed: bool,
    ) -> Change:
        """Set the urgency and move the rank by the difference; the place in time is kept.

        Whoever may read a contact raises it, and nobody else; for the rest see
        `right_to_rate`. `reason` is a code. A repeat changes nothing. Raises
        Conflict `contact_not_placed` before any placement, `contact_closed`
        after closing; InvalidInput `reason_needed` for a coordinator who lowers
        without one; NotFound; NotAllowed, `coordinator_needed` for who may not lower.
        """
        async with acting(self._database, self._vault, actor, now) as tx:
            held = await hold_as(tx, actor, contact_id, Right.CONTACT_READ, now)
            if isinstance(actor, Principal):
                source = source_for(held, actor, urgency, reason, confirm=confirmed)
            rating = Rated(urgency, band, head_start_ms, source)
            return await rate(
                tx, self._vault, held, rating, reason, actor, now, confirmed=confirmed
            )


@dataclass(frozen=True, slots=True)
class Rated:
    """An urgency as the queue needs it: with its band, its head start and who set it."""

    urgency: Urgency
    band: int
    head_start_ms: int
    source: UrgencySource


def right_to_rate(
    before: Urgency | None, source: UrgencySource | None, after: Urgency, *, confirm: bool
) -> Right:
    """Return the right that a change of urgency asks for. Pure.

    Anyone raises. Whoever serves the contact confirms or corrects what was
    declared, once. Lowering a U1 or U2 otherwise is the coordinator's.
    """
    if before is None or after < before:
        return Right.CONTACT_URGENCY_RAISE
    if after == before or source in (UrgencySource.DECLARED, UrgencySource.SYSTEM):
        return Right.CONTACT_URGENCY_CONFIRM
    if before <= Urgency.U2:
        return Right.CONTACT_URGENCY_LOWER
    return Right.CONTACT_URGENCY_CONFIRM if confirm else Right.CONTACT_URGENCY_LOWER


def source_for(
    held: Held, actor: Actor, urgency: Urgency, reason: str | None, *, confirm: bool
) -> UrgencySource:
    """Return as what somebody sets this urgency.

    Raises NotAllowed without the right to, InvalidInput `reason_needed` for a
    coordinator who lowers without one.
    """
    contact = held.contact
    right = right_to_rate(contact.urgency, contact.urgency_source, urgency, confirm=confirm)
    if right is not Right.CONTACT_URGENCY_LOWER:
        require(held, actor, right)
        return UrgencySource.LISTENER
    require(held, actor, right, code="coordinator_needed")
    if reason is None:
        raise InvalidInput("lowering needs a reason", code="reason_needed", field="reason")
    return UrgencySource.COORDINATOR


async def rate(
    tx: Transaction,
    vault: Vault,
    held: Held,
    rating: Rated,
    reason: str | None,
    actor: Actor,
    now: datetime,
    *,
    confirmed: bool,
) -> Change:
    """Set the urgency of a held contact, with its event and its row in the trail."""
    contact = held.contact
    if contact.state not in _RATED:
        arriving = contact.state is ContactState.ARRIVING
        raise Conflict(
            "no urgency can be set now",
            code="contact_not_placed" if arriving else "contact_closed",
        )
    kept = contact.urgency == rating.urgency
    if kept and (not confirmed or contact.urgency_confirmed_at is not None):
        return held.unchanged
    source = contact.urgency_source if kept else rating.source
    assert source is not None, "a placed contact has a source"
    row = await tx.fetch_one(
        "contact.set_urgency",
        contact.contact_id,
        int(rating.urgency),
        source.value,
        rating.band,
        rating.head_start_ms,
        now if confirmed else None,
        now,
    )
    after = changed(row)
    told: dict[str, CodedValue] = {
        "from": contact.urgency,
        "to": int(rating.urgency),
        "source": rating.source.value,
        "confirmed": confirmed,
    }
    if reason is not None:
        told["reason"] = code(reason, "reason")
    kind = _kind(contact.urgency, rating.urgency)
    done = Happened(kind, told)
    await record(tx, vault, actor, after, now, "contact.urgency", told, done)
    return held.became(after)


def _kind(before: Urgency | None, after: Urgency) -> ContactEventKind:
    if before == after:
        return ContactEventKind.URGENCY_CONFIRMED
    if before is None or after < before:
        return ContactEventKind.URGENCY_RAISED
    return ContactEventKind.URGENCY_CORRECTED
