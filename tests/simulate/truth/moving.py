"""How waiting contacts are rated, escalated and taken in, by the rules of `records.contacts`."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from config.errors import Conflict
from config.vocabulary import Channel, ContactState, Urgency, UrgencySource
from records.actor import Actor
from records.contacts.snapshot import BAND_BITS, ContactSnapshot, Placement, more_urgent
from tests.simulate.truth.intake import TrueIntake
from tests.simulate.truth.store import NO_PREFERENCE, act, statement

RATED = (ContactState.WAITING, ContactState.ACTIVE, ContactState.ENDED)


class TrueMoving(TrueIntake):
    """Stands for `Rating` and `Escalating`."""

    @act
    def set_urgency(
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
    ) -> ContactSnapshot:
        """Set the urgency and move the rank by the difference."""
        contact = self._store.contact(contact_id)
        if contact.state not in RATED:
            arriving = contact.state is ContactState.ARRIVING
            code = "contact_not_placed" if arriving else "contact_closed"
            raise Conflict("no urgency can be set now", code=code)
        kept = contact.urgency == urgency
        if kept and (not confirmed or contact.urgency_confirmed_at is not None):
            return contact
        return self._store.change(
            contact,
            now,
            urgency=urgency,
            urgency_source=contact.urgency_source if kept else source,
            rank=_rank(contact, band, head_start_ms),
            band=band,
            head_start_ms=head_start_ms,
            urgency_confirmed_at=now if confirmed else None,
        )

    def due_escalations(
        self,
        step: int,
        waited_before: datetime,
        urgencies: Collection[Urgency],
        pairs: Sequence[tuple[str, Channel]],
        limit: int,
        *,
        line_ids: Collection[str],
    ) -> list[ContactSnapshot]:
        """Return waiting contacts a step is due for, the longest waiting first."""
        found = [
            contact
            for contact in map(self._store.contacts.__getitem__, self._store.open_contacts)
            if contact.state is ContactState.WAITING
            and is_since(contact.queued_at, waited_before)
            and not contact.escalated(step)
            and (contact.answered_at is None or is_since(contact.waiting_since, waited_before))
            and contact.line_id in line_ids
            and contact.urgency in urgencies
            and (contact.queue, contact.channel) in pairs
        ]
        return sorted(found, key=lambda one: str(one.queued_at))[:limit]

    @statement
    def escalate(
        self,
        contact_id: UUID,
        step: int,
        now: datetime,
        *,
        widened_to: Sequence[str] = (),
        drop_needs: bool = False,
        take_in: Placement | None = None,
        follow_up: Any = None,
    ) -> ContactSnapshot | None:
        """Apply a step to a waiting contact, once in its wait."""
        contact = self._store.contact(contact_id)
        if contact.state is not ContactState.WAITING or contact.escalated(step):
            return None
        wider = sorted({*contact.widened_to, *widened_to} - {contact.queue})
        after = self._store.change(
            contact,
            now,
            escalations=contact.escalations | 1 << step,
            widened_to=tuple(queue for queue in wider if queue is not None),
            needs=() if drop_needs else contact.needs,
        )
        if take_in is None or take_in.queue == contact.queue:
            return after
        home = take_in.home_queue or contact.home_queue or contact.queue
        return self._store.change(after, now, **moved(after, take_in, home), **NO_PREFERENCE)


def moved(contact: ContactSnapshot, to: Placement, home_queue: str | None) -> dict[str, Any]:
    """Return what a move to another place writes: a new turn, never less urgent."""
    urgency, source, band, head_start_ms = more_urgent(contact, to)
    return {
        "queue": to.queue,
        "audience": to.audience,
        "urgency": urgency,
        "urgency_source": source,
        "rank": _rank(contact, band, head_start_ms),
        "band": band,
        "head_start_ms": head_start_ms,
        "level": to.level,
        "needs": to.needs,
        "home_queue": home_queue,
        "widened_to": (),
        "turn": contact.turn + 1,
    }


def is_since(instant: datetime | None, before: datetime) -> bool:
    """Say whether an instant is known and not after another."""
    return instant is not None and instant <= before


def _rank(contact: ContactSnapshot, band: int, head_start_ms: int) -> int:
    """Move a rank by the difference: the place in time and a return's head start are kept."""
    assert contact.rank is not None, "a placed contact has a rank"
    assert contact.band is not None, "a placed contact has a band"
    place = contact.rank - (contact.band << BAND_BITS) + contact.head_start_ms
    return place + (band << BAND_BITS) - head_start_ms
