"""Presence, and the lock of the one reconciler, by the rules of `records`."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from config.errors import NotFound
from config.vocabulary import PresenceState
from records.presence import ListenerRow, Load
from tests.simulate.truth.store import Store


class TruePresence:
    """Stands for `PresenceStore`."""

    def __init__(self, store: Store) -> None:
        """Work on `store`."""
        self._store = store
        self._declared_at: dict[UUID, datetime] = {}

    def declare(
        self,
        staff_id: UUID,
        session_id: UUID,
        state: PresenceState,
        reason: str,
        profile_id: str,
        max_chats: int,
        now: datetime,
        *,
        until: datetime | None = None,
        hard_contacts: int | None = None,
        chats_beside_call: int | None = None,
    ) -> ListenerRow:
        """Put a presence in force; saying the same again changes nothing."""
        before = self._store.listeners.get(staff_id)
        if before is None:
            self._declared_at[staff_id] = now
            hard, beside = hard_contacts or 0, chats_beside_call or 0
            first = (reason, 1, now, profile_id, max_chats, 0, until, hard, beside)
            return self._store.declare(ListenerRow(staff_id, session_id, state, *first))
        beside, hard = before.chats_beside_call, before.hard_contacts
        after = replace(
            before,
            session_id=session_id,
            state=state,
            profile_id=profile_id,
            max_chats=max_chats,
            missed_offers=0 if state is PresenceState.READY else before.missed_offers,
            until=until,
            hard_contacts=hard if hard_contacts is None else hard_contacts,
            chats_beside_call=beside if chats_beside_call is None else chats_beside_call,
        )
        if after == before:
            return before
        since = before.since if state is before.state else now
        self._declared_at[staff_id] = now
        return self._store.declare(
            replace(after, reason=reason, since=since, version=before.version + 1)
        )

    def current(self, staff_id: UUID) -> ListenerRow | None:
        """Return the presence in force, or None."""
        return self._store.listeners.get(staff_id)

    def of(self, staff_ids: Collection[UUID]) -> dict[UUID, ListenerRow]:
        """Return the presence in force of those who ever declared one."""
        known = self._store.listeners
        return {each: known[each] for each in staff_ids if each in known}

    def all_present(self) -> list[ListenerRow]:
        """Return every listener who is not offline."""
        rows = self._store.listeners.values()
        present = [row for row in rows if row.state is not PresenceState.OFFLINE]
        return sorted(present, key=lambda row: row.staff_id)

    def touched_since(self, since: datetime, now: datetime, limit: int) -> list[UUID]:
        """Return listeners whose presence, work or load changed."""
        touched = {each for each, at in self._declared_at.items() if at >= since}
        for contact_id in reversed(self._store.changed):
            if self._store.contacts[contact_id].changed_at < since:
                break
            made = self._store.of_contact.get(contact_id, ())
            touched.update(self._store.engagements[each].listener_id for each in made)
        for staff_id, made in self._store.open_of.items():
            ends = [self._store.engagements[each].wrap_up_until for each in made]
            if any(end is not None and since <= end <= now for end in ends):
                touched.add(staff_id)
        return sorted(touched)[:limit]

    def missed(self, staff_id: UUID) -> int:
        """Count one more missed offer."""
        row = self._store.listeners.get(staff_id)
        if row is None:
            raise NotFound("no presence was ever declared", code="not_present")
        missed = row.missed_offers + 1
        self._store.listeners[staff_id] = replace(row, missed_offers=missed)
        return missed

    def loads(self, now: datetime) -> dict[UUID, tuple[Load, ...]]:
        """Return what each listener carries, as the accept act counts it."""
        found = {}
        for staff_id in self._store.open_of:
            carried = self._store.carried(staff_id, now)
            if carried:
                found[staff_id] = tuple(
                    Load(each.contact_id, each.channel, each.engagement_id) for each in carried
                )
        return found
