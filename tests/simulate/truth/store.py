"""What PostgreSQL would hold, in memory. An act runs in one step of virtual time, so it is atomic.

Only what routing needs is here: no vault, no audit, no text. The acts are
named after those of `records` and keep their rules; one integration test leads
both through the same acts and compares what they hold.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from config.errors import NotAllowed, NotFound
from config.vocabulary import Channel, ContactState, EngagementState, EngagementStep
from records.actor import Actor, Principal
from records.contacts.change import Change
from records.contacts.snapshot import ContactSnapshot
from records.engagements.engagement import Engagement
from records.presence import ListenerRow

OPEN = frozenset({EngagementState.CONNECTING, EngagementState.TALKING, EngagementState.WRAP_UP})
LIVE = frozenset({EngagementState.CONNECTING, EngagementState.TALKING})

NO_PREFERENCE = {"preferred_listener_id": None, "preferred_until": None}

ContactWatcher = Callable[[ContactSnapshot | None, ContactSnapshot], None]
EngagementWatcher = Callable[[Engagement | None, Engagement], None]
ListenerWatcher = Callable[[ListenerRow], None]


class Store:
    """The tables. Everything kept is immutable; a change is a new row in the old one's place."""

    def __init__(self) -> None:
        """Start empty, watched by nobody."""
        self.contacts: dict[UUID, ContactSnapshot] = {}
        self.engagements: dict[UUID, Engagement] = {}
        self.listeners: dict[UUID, ListenerRow] = {}
        self.of_call: dict[tuple[str, str], UUID] = {}
        self.of_contact: defaultdict[UUID, list[UUID]] = defaultdict(list)
        self.open_of: defaultdict[UUID, dict[UUID, None]] = defaultdict(dict)
        self.open_contacts: dict[UUID, None] = {}
        self.owed: dict[UUID, None] = {}  # engagements with a step due, oldest first
        self.changed: dict[UUID, None] = {}  # contacts, the one changed last at the end
        self.noted: set[tuple[UUID, str, UUID]] = set()
        # Offers whose end nobody wrote down: (contact, when it was made).
        self.unsettled: dict[UUID, tuple[UUID, datetime]] = {}
        self.watch_contact: ContactWatcher | None = None
        self.watch_engagement: EngagementWatcher | None = None
        self.watch_listener: ListenerWatcher | None = None

    def contact(self, contact_id: UUID) -> ContactSnapshot:
        """Return a contact; raise NotFound `contact_unknown`."""
        found = self.contacts.get(contact_id)
        if found is None:
            raise NotFound("no such contact", code="contact_unknown")
        return found

    def put(self, contact: ContactSnapshot) -> ContactSnapshot:
        """Keep a contact as it is now."""
        before = self.contacts.get(contact.contact_id)
        self.contacts[contact.contact_id] = contact
        self.changed.pop(contact.contact_id, None)
        self.changed[contact.contact_id] = None
        if contact.state is ContactState.CLOSED:
            self.open_contacts.pop(contact.contact_id, None)
        else:
            self.open_contacts[contact.contact_id] = None
        if self.watch_contact is not None:
            self.watch_contact(before, contact)
        return contact

    def change(self, contact: ContactSnapshot, now: datetime, **values: Any) -> ContactSnapshot:
        """Keep a contact with these values, at the next version."""
        return self.put(replace(contact, version=contact.version + 1, changed_at=now, **values))

    def engagement(self, engagement_id: UUID) -> Engagement:
        """Return an engagement; raise NotFound `engagement_unknown`."""
        found = self.engagements.get(engagement_id)
        if found is None:
            raise NotFound("no such engagement", code="engagement_unknown")
        return found

    def work(self, engagement: Engagement, **values: Any) -> Engagement:
        """Keep an engagement with these values."""
        after = replace(engagement, **values)
        before = self.engagements.get(after.engagement_id)
        self.engagements[after.engagement_id] = after
        if before is None:
            self.of_contact[after.contact_id].append(after.engagement_id)
        if after.state in OPEN:
            self.open_of[after.listener_id][after.engagement_id] = None
        else:
            self.open_of[after.listener_id].pop(after.engagement_id, None)
        if after.step is EngagementStep.NONE:
            self.owed.pop(after.engagement_id, None)
        else:
            self.owed[after.engagement_id] = None
        if self.watch_engagement is not None:
            self.watch_engagement(before, after)
        return after

    def require_serving(self, contact_id: UUID, actor: Actor) -> None:
        """Raise NotAllowed for somebody signed in who has not the contact; as the gate does."""
        taken = self.open_of_contact(contact_id)
        hers = taken is not None and taken.listener_id == actor.staff_id
        if isinstance(actor, Principal) and not hers:
            raise NotAllowed("not served by this person")

    def live_of(self, contact_id: UUID) -> Engagement | None:
        """Return the one engagement that is with a contact, if any."""
        return self._last(contact_id, LIVE)

    def open_of_contact(self, contact_id: UUID) -> Engagement | None:
        """Return the engagement with a contact, or the one whose write-up is open."""
        return self._last(contact_id, OPEN)

    def last_of_contact(self, contact_id: UUID) -> Engagement | None:
        """Return the engagement that began last, over or not."""
        return self._last(contact_id, frozenset(EngagementState))

    def _last(self, contact_id: UUID, states: frozenset[EngagementState]) -> Engagement | None:
        for engagement_id in reversed(self.of_contact.get(contact_id, ())):
            if self.engagements[engagement_id].state in states:
                return self.engagements[engagement_id]
        return None

    def carried(self, listener_id: UUID, now: datetime) -> list[Engagement]:
        """Return what counts against a listener's capacity: a write-up while its time runs."""
        found = (self.engagements[id_] for id_ in self.open_of.get(listener_id, ()))
        return [each for each in found if counts(each, now)]

    def declare(self, row: ListenerRow) -> ListenerRow:
        """Keep a presence."""
        self.listeners[row.staff_id] = row
        if self.watch_listener is not None:
            self.watch_listener(row)
        return row


def act(method: Callable[..., Any]) -> Callable[..., Any]:
    """Let an act answer as those of `records` do: with what it changed, or None for nothing to do.

    Its first argument is a contact's id, or an engagement's.
    """

    @wraps(method)
    def acted(self: Any, subject_id: UUID, *args: Any, **named: Any) -> Change | None:
        store: Store = self._store
        taken = store.engagements.get(subject_id)
        contact_id = subject_id if taken is None else taken.contact_id
        before = store.contacts.get(contact_id)
        if taken is None:
            taken = store.open_of_contact(contact_id)
        after = method(self, subject_id, *args, **named)
        if after is None:
            return None
        return Change(before, after, taken, taken and store.engagements[taken.engagement_id])

    return acted


def statement(method: Callable[..., Any]) -> Callable[..., Any]:
    """Let an act answer as those of `records` that are one statement, which reads nothing before."""

    @wraps(method)
    def acted(self: Any, *args: Any, **named: Any) -> Change | None:
        after = method(self, *args, **named)
        return None if after is None else Change(None, after)

    return acted


def counts(engagement: Engagement, now: datetime) -> bool:
    """Say whether an open engagement takes its listener's capacity."""
    until = engagement.wrap_up_until
    return engagement.state is not EngagementState.WRAP_UP or (until is not None and until > now)


def waited_ms(contact: ContactSnapshot, now: datetime) -> int:
    """Return what a contact has waited by now, as records counts it."""
    if contact.answered_at is None:
        return _ms(now - contact.arrived_at)
    still = contact.state in (ContactState.WAITING, ContactState.ACTIVE)
    again = _ms(now - contact.waiting_since) if still and contact.waiting_since else 0
    return (contact.waited_ms or 0) + again


def hung_up(engagement: Engagement, now: datetime) -> dict[str, Any]:
    """Return the step owed when an engagement is over: a call's leg is still to be ended."""
    is_call = engagement.channel is Channel.CALL
    return {
        "step": EngagementStep.HANG_UP if is_call else EngagementStep.NONE,
        "step_due_at": now if is_call else None,
        "step_attempts": 0,
    }


def _ms(span: timedelta) -> int:
    return max(0, span // timedelta(milliseconds=1))
