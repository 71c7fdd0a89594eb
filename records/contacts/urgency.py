"""Raising, confirming and correcting how urgent a contact is."""

from datetime import datetime
from uuid import UUID

from config.errors import Conflict
from config.vocabulary import ContactEventKind, ContactState, Urgency, UrgencySource
from records.actor import Actor
from records.coded import CodedValue, code
from records.contacts.change import Change
from records.contacts.events import add_event, audit_if_staff
from records.contacts.rows import Acts, changed, hold
from records.contacts.snapshot import ContactSnapshot

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
        judged: ContactSnapshot | None = None,
    ) -> Change:
        """Set the urgency and move the rank by the difference; the place in time is kept.

        Who may lower it is the caller's rule; `reason` is a code. A repeat
        changes nothing. `judged` is what the rule was applied to. Raises Conflict
        `contact_not_placed` before any placement, `contact_closed` after
        closing, `conflict` when somebody has set it otherwise since `judged`.
        """
        async with self._database.transaction() as tx:
            held = await hold(tx, contact_id)
            contact = held.contact
            if contact.state not in _RATED:
                arriving = contact.state is ContactState.ARRIVING
                raise Conflict(
                    "no urgency can be set now",
                    code="contact_not_placed" if arriving else "contact_closed",
                )
            if judged is not None and _rated(judged) != _rated(contact):
                raise Conflict("the urgency was set otherwise meanwhile")
            kept = contact.urgency == urgency
            if kept and (not confirmed or contact.urgency_confirmed_at is not None):
                return held.unchanged
            confirmed_at = now if confirmed else None
            new_source = contact.urgency_source if kept else source
            assert new_source is not None
            after = changed(
                await tx.fetch_one(
                    "contact.set_urgency",
                    contact_id,
                    int(urgency),
                    new_source.value,
                    band,
                    head_start_ms,
                    confirmed_at,
                    now,
                )
            )
            told: dict[str, CodedValue] = {
                "from": contact.urgency,
                "to": int(urgency),
                "source": source.value,
                "confirmed": confirmed,
            }
            if reason is not None:
                told["reason"] = code(reason, "reason")
            kind = _kind(contact.urgency, urgency)
            await add_event(tx, after, kind, now, actor, detail=told)
            await audit_if_staff(tx, self._vault, actor, "contact.urgency", after, now, told)
            return held.became(after)


def _rated(contact: ContactSnapshot) -> tuple[Urgency | None, UrgencySource | None]:
    return contact.urgency, contact.urgency_source


def _kind(before: Urgency | None, after: Urgency) -> ContactEventKind:
    if before == after:
        return ContactEventKind.URGENCY_CONFIRMED
    if before is None or after < before:
        return ContactEventKind.URGENCY_RAISED
    return ContactEventKind.URGENCY_CORRECTED
