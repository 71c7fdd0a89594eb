"""The acts and reads of contacts, by the names and the rules of `records.contacts`."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from config.errors import Conflict, InvalidInput
from config.vocabulary import (
    ContactEventKind,
    ContactState,
    Disposition,
    EndedBy,
    EngagementState,
)
from records.actor import SYSTEM, Actor
from records.contacts.reading import UnsettledOffer
from records.contacts.snapshot import ContactSnapshot
from tests.simulate.truth.moving import TrueMoving
from tests.simulate.truth.store import NO_PREFERENCE, act, hung_up, waited_ms

ENDS = (
    ContactEventKind.OFFER_DECLINED,
    ContactEventKind.OFFER_EXPIRED,
    ContactEventKind.OFFER_UNSEEN,
    ContactEventKind.OFFER_WITHDRAWN,
)
# How far apart two nodes' clocks may set `changed_at`, at most.
SKEW = timedelta(seconds=1)


class TrueContacts(TrueMoving):
    """Stands for `Contacts`."""

    @act
    def end(
        self,
        contact_id: UUID,
        ended_by: EndedBy,
        reason: str,
        now: datetime,
        *,
        ended_at: datetime | None = None,
        actor: Actor = SYSTEM,
    ) -> ContactSnapshot:
        """Record that the person is gone: abandoned, or ended with a write-up open."""
        contact = self._store.contact(contact_id)
        if contact.state in (ContactState.ENDED, ContactState.CLOSED):
            return contact
        self._store.require_serving(contact_id, actor)
        live = self._store.live_of(contact_id)
        connecting = live is not None and live.state is EngagementState.CONNECTING
        if ended_by is EndedBy.LISTENER and connecting:
            raise Conflict("the caller is not there yet", code="call_connecting")
        since = min(now, max(contact.arrived_at, ended_at or now))
        gone = {"ended_at": since, "ended_by": ended_by, "end_reason": reason}
        if live is not None and not connecting:
            after = self._store.change(contact, now, state=ContactState.ENDED, **gone)
            self._store.work(
                live,
                state=EngagementState.WRAP_UP,
                wrap_up_at=now,
                wrap_up_until=now + self._wrap_up,
                **hung_up(live, now),
            )
            return after
        after = self._store.change(
            contact,
            now,
            state=ContactState.CLOSED,
            disposition=Disposition.LOST_BY_DESK if contact.lost_at else Disposition.ABANDONED,
            waited_ms=waited_ms(contact, since),
            closed_at=now,
            **gone,
            **NO_PREFERENCE,
        )
        if live is not None:
            self._store.work(
                live, state=EngagementState.NOT_CONNECTED, done_at=now, **hung_up(live, now)
            )
        return after

    @act
    def close(
        self,
        contact_id: UUID,
        actor: Actor,
        disposition: Disposition,
        non_content_code: str | None,
        now: datetime,
    ) -> ContactSnapshot:
        """Close an ended contact and finish its write-up; with a code, for no cases are kept here."""
        if disposition is not Disposition.NON_CONTENT or non_content_code is None:
            raise InvalidInput("only contacts without content are closed here")
        contact = self._store.contact(contact_id)
        if contact.state is ContactState.CLOSED:
            if (contact.disposition, contact.non_content_code) == (disposition, non_content_code):
                return contact
            raise Conflict("closed otherwise", code="already_closed")
        self._store.require_serving(contact_id, actor)
        if contact.state is not ContactState.ENDED:
            raise Conflict("the person is still there", code="contact_open")
        after = self._store.change(
            contact,
            now,
            state=ContactState.CLOSED,
            disposition=disposition,
            non_content_code=non_content_code,
            closed_at=now,
        )
        taken = self._store.open_of_contact(contact_id)
        if taken is not None:
            self._store.work(taken, state=EngagementState.DONE, done_at=now)
        return after

    def note_event(
        self,
        contact_id: UUID,
        kind: ContactEventKind,
        now: datetime,
        actor: Actor,
        *,
        offer_id: UUID | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> bool:
        """Note an offer's event once; True if it was news."""
        if contact_id not in self._store.contacts:
            return False
        if offer_id is None:
            return True
        store, key = self._store, (contact_id, kind.value, offer_id)
        is_news = key not in store.noted
        store.noted.add(key)
        if kind in ENDS:
            store.unsettled.pop(offer_id, None)
        elif is_news and kind is ContactEventKind.OFFERED and not self._is_settled(key):
            store.unsettled[offer_id] = (contact_id, now)
        return is_news

    def _is_settled(self, offered: tuple[UUID, str, UUID]) -> bool:
        contact_id, _, offer_id = offered
        ended = ((contact_id, kind.value, offer_id) in self._store.noted for kind in ENDS)
        return offer_id in self._store.engagements or any(ended)

    def unsettled_offers(
        self, line_ids: Collection[str], since: datetime, before: datetime, limit: int
    ) -> list[UnsettledOffer]:
        """Return offers whose end nobody wrote down, oldest first."""
        found = [
            UnsettledOffer(contact_id, offer_id, at)
            for offer_id, (contact_id, at) in self._store.unsettled.items()
            if since <= at < before
        ]
        return sorted(found, key=lambda one: one.at)[:limit]

    # -- reads

    def get(self, contact_id: UUID) -> ContactSnapshot:
        """Return a contact; raise NotFound."""
        return self._store.contact(contact_id)

    def states_of(self, contact_ids: Collection[UUID]) -> dict[UUID, ContactSnapshot]:
        """Return those that exist."""
        known = self._store.contacts
        return {each: known[each] for each in contact_ids if each in known}

    def changed_since(self, since: datetime, limit: int) -> list[ContactSnapshot]:
        """Return contacts changed at or after `since`, oldest change first."""
        found = []
        for contact_id in reversed(self._store.changed):
            contact = self._store.contacts[contact_id]
            if contact.changed_at < since - SKEW:
                break
            if contact.changed_at >= since:
                found.append(contact)
        return sorted(found, key=lambda one: one.changed_at)[:limit]

    def waiting_page(
        self, line_ids: Collection[str], after_id: UUID | None, limit: int
    ) -> list[ContactSnapshot]:
        """Return who waits on these lines, by id; snapshots tell more than the real rows."""
        first = after_id or UUID(int=0)
        known = self._store.contacts
        ids = sorted(
            each
            for each in self._store.open_contacts
            if each > first
            and known[each].state is ContactState.WAITING
            and known[each].line_id in line_ids
        )
        return [known[each] for each in ids[:limit]]

    def open_page(self, after_id: UUID | None, limit: int) -> list[ContactSnapshot]:
        """Return contacts not closed, by id."""
        first = after_id or UUID(int=0)
        ids = sorted(each for each in self._store.open_contacts if each > first)
        return [self._store.contacts[each] for each in ids[:limit]]

    def flows_since(self, line_ids: Collection[str], since: datetime, **_: Any) -> list[Any]:
        """Return nothing: the live window of figures is no part of the simulation."""
        return []
