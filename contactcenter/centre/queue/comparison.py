"""The index held against PostgreSQL, both ways; what differs is repaired after a second look.

Index to truth: pages of whoever the index lets wait, and of whoever it lets be
present, read back from PostgreSQL. Truth to index: pages of whoever waits,
entered again, which changes nothing where the index is right. Between a
commit and the index being told of it lies a moment, so a difference younger
than that moment is nobody's mistake: it is left to the round of changes.
"""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from itertools import islice
from typing import TypeVar
from uuid import UUID

import structlog
from prometheus_client import Counter

from config.errors import InvalidInput
from config.vocabulary import ContactState, PresenceState
from contactcenter.centre.quarantine import About, Quarantine
from contactcenter.centre.queue.entries import Entries, is_over, left_of
from contactcenter.centre.queue.presence import Presence
from records.contacts.contacts import Contacts
from records.contacts.reading import WaitingRow
from records.contacts.snapshot import ContactSnapshot
from records.presence import ListenerRow, Load, PresenceStore
from routing.model import IndexedContact, IndexedListener, Step, WaitingContact
from routing.router import Router

log = structlog.get_logger()

PAGE = 500
# Entered by one script: a millisecond or two of the index.
AT_ONCE = 64
# Longer than it takes to tell the index of a commit, whoever does it.
SETTLED = timedelta(seconds=5)
# Differences taken to the second look at once; what is beyond is found by the next pass.
SUSPECTS_AT_MOST = 2000

T = TypeVar("T")


class Repair(StrEnum):
    """What was wrong in the index."""

    CONTACT_MISSING = "contact_missing"  # it waits, and the index did not know, or not so
    CONTACT_OVER = "contact_over"  # it waits no more
    CONTACT_UNKNOWN = "contact_unknown"  # nobody committed it
    LISTENER_MISSING = "listener_missing"  # she is present, and the index did not know, or not so
    LISTENER_GONE = "listener_gone"  # she is not present
    LISTENER_LOAD = "listener_load"  # she carries something else


REPAIRS = Counter(
    "contactcenter_reconciler_repairs", "What the reconciler found wrong and repaired", ["kind"]
)


class Comparison:
    """A whole pass in two steps: look for what differs, then, a moment later, confirm and repair."""

    def __init__(
        self,
        router: Router,
        contacts: Contacts,
        store: PresenceStore,
        presence: Presence,
        entries: Entries,
        quarantine: Quarantine,
    ) -> None:
        """Suspect nothing yet."""
        self._quarantine = quarantine
        self._router = router
        self._contacts = contacts
        self._store = store
        self._presence = presence
        self._entries = entries
        # With the version that the index had; a listener's is read again.
        self._contact_suspects: dict[UUID, int] = {}
        self._listener_suspects: dict[UUID, int] = {}
        # Of whom the index knows more than PostgreSQL: with PostgreSQL's version.
        self._contacts_ahead: dict[UUID, int] = {}
        self._listeners_ahead: dict[UUID, int] = {}

    def forget(self) -> None:
        """Suspect nothing any more: the index has been filled anew."""
        self._contact_suspects.clear()
        self._listener_suspects.clear()
        self._contacts_ahead.clear()
        self._listeners_ahead.clear()

    async def look(self, now: datetime) -> None:
        """Go through everybody who waits or is present, here and there. Raises Unavailable."""
        await self._enter_waiting(now - SETTLED)
        await self._suspect_contacts(now - SETTLED)
        await self._suspect_listeners(now)

    async def confirm(self, now: datetime) -> None:
        """Look a second time at what differed, and repair what still does. Raises Unavailable."""
        contacts, self._contact_suspects = self._contact_suspects, {}
        for batch in batches(contacts.items(), PAGE):
            found = await self._contacts.states_of([contact_id for contact_id, _ in batch])
            settle = partial(self._settle_contact, found)
            await self._quarantine.each(batch, settle, lambda each: About("settle", each[0]))
        listeners, self._listener_suspects = self._listener_suspects, {}
        if listeners:
            await self._settle_listeners(listeners, now)

    async def truth_went_back(self) -> int:
        """Return of how many people the index still knows more than PostgreSQL; mostly 0.

        Whoever writes to the index has committed before, so PostgreSQL is never behind it: unless
        commits were lost, by a fail-over to a standby that had not received them. What was ahead
        at the last pass is looked at again, afresh. Raises Unavailable.
        """
        contacts, self._contacts_ahead = self._contacts_ahead, {}
        listeners, self._listeners_ahead = self._listeners_ahead, {}
        ahead = 0
        for batch in batches(contacts.items(), PAGE):
            found = await self._contacts.states_of([contact_id for contact_id, _ in batch])
            same = [
                found[contact_id]
                for contact_id, version in batch
                if contact_id in found and found[contact_id].version == version
            ]
            for contact in same:
                waiting = self._entries.of(contact)
                if waiting and contact.state is ContactState.WAITING:
                    ahead += (await self.enter(waiting)).count(Step.STALE)
        if listeners:
            rows = await self._store.of(listeners)
            for entry in await self._indexed_listeners():
                row = rows.get(entry.listener_id)
                known = listeners.get(entry.listener_id)
                ahead += row is not None and row.version == known and entry.version > row.version
        return ahead

    # -- truth to index

    async def _enter_waiting(self, settled: datetime) -> None:
        async for page in waiting_pages(self._contacts, self._entries):
            settled_ones = [contact for contact in page if contact.changed_at <= settled]
            for batch in batches(self._entries.waiting(settled_ones), AT_ONCE):
                steps = await self.enter(batch)
                for one, step in zip(batch, steps, strict=True):
                    if step is Step.DONE:
                        _contact_repaired(Repair.CONTACT_MISSING, one.contact_id)
                    elif step is Step.STALE:
                        _suspect(self._contacts_ahead, one.contact_id, one.version)

    async def enter(self, contacts: Sequence[WaitingContact]) -> list[Step]:
        """Enter waiting contacts; one that no lane of the rules is for keeps nobody else out."""
        try:
            return await self._router.enqueue_all(contacts)
        except InvalidInput as error:
            if len(contacts) > 1:
                return [step for one in contacts for step in await self.enter([one])]
            log.warning(
                "contact_without_lane", contact_id=str(contacts[0].contact_id), code=error.code
            )
            return [Step.UNKNOWN]

    # -- index to truth

    async def _suspect_contacts(self, settled: datetime) -> None:
        async for page in self._indexed_contacts():
            truth = await self._contacts.states_of([entry.contact_id for entry in page])
            for entry in page:
                contact = truth.get(entry.contact_id)
                if contact is not None and contact.version < entry.version:
                    _suspect(self._contacts_ahead, entry.contact_id, contact.version)
                elif contact is None or (is_over(contact) and contact.changed_at <= settled):
                    _suspect(self._contact_suspects, entry.contact_id, entry.version)

    async def _settle_contact(
        self, found: Mapping[UUID, ContactSnapshot], suspect: tuple[UUID, int]
    ) -> None:
        contact_id, version = suspect
        contact = found.get(contact_id)
        if contact is None:
            if await self._router.forget(contact_id, version) is Step.DONE:
                _contact_repaired(Repair.CONTACT_UNKNOWN, contact_id)
        elif is_over(contact):
            was_there = await self._router.position(contact_id) is not None
            taken = await self._router.cancel(contact_id, contact.version, left=left_of(contact))
            if was_there or taken is not None:
                _contact_repaired(Repair.CONTACT_OVER, contact_id)

    async def _indexed_contacts(self) -> AsyncIterator[list[IndexedContact]]:
        after: str | None = None
        while True:
            page = await self._router.index_contacts(after, PAGE)
            # An entry without its contact is dropped by whoever would offer it.
            yield [entry for entry in page.entries if entry.version > 0]
            if page.after is None:
                return
            after = page.after

    # -- listeners, both ways

    async def enter_touched(self, since: datetime, now: datetime) -> None:
        """Enter listeners whose presence or work changed; no change where the index is right."""
        touched = await self._store.touched_since(since, now, SUSPECTS_AT_MOST)
        if not touched:
            return
        rows = await self._store.of(touched)
        loads = await self._store.loads(now)

        async def enter(row: ListenerRow) -> None:
            await self.enter_listener(row, loads.get(row.staff_id, ()))

        await self._quarantine.each(rows.values(), enter, _about_listener)

    async def _suspect_listeners(self, now: datetime) -> None:
        present = {row.staff_id: row for row in await self._store.all_present()}
        loads = await self._store.loads(now)
        for entry in await self._indexed_listeners():
            row = present.pop(entry.listener_id, None)
            if row is not None and row.version < entry.version:
                _suspect(self._listeners_ahead, entry.listener_id, row.version)
            elif row is None or _differs(entry, row, loads.get(row.staff_id, ())):
                _suspect(self._listener_suspects, entry.listener_id)
        for staff_id, row in present.items():
            if row.since <= now - SETTLED:
                _suspect(self._listener_suspects, staff_id)

    async def _settle_listeners(self, suspects: Collection[UUID], now: datetime) -> None:
        indexed = {entry.listener_id: entry for entry in await self._indexed_listeners()}
        rows = await self._store.of(suspects)
        loads = await self._store.loads(now)

        async def settle(staff_id: UUID) -> None:
            entry, row = indexed.get(staff_id), rows.get(staff_id)
            load = loads.get(staff_id, ())
            if row is None or row.state is PresenceState.OFFLINE:
                kind = Repair.LISTENER_GONE
                was_wrong = entry is not None and await self._send_away(entry)
            else:
                kind = (
                    Repair.LISTENER_MISSING
                    if entry is None or entry.version != row.version
                    else Repair.LISTENER_LOAD
                )
                was_wrong = entry is None or _differs(entry, row, load)
                was_wrong = was_wrong and await self.enter_listener(row, load)
            if was_wrong:
                _listener_repaired(kind, staff_id)

        await self._quarantine.each(
            suspects, settle, lambda each: About("settle", listener_id=each)
        )

    async def _send_away(self, entry: IndexedListener) -> bool:
        return await self._router.forget_listener(entry.listener_id, entry.version) is Step.DONE

    async def enter_listener(self, row: ListenerRow, load: tuple[Load, ...]) -> bool:
        """Enter a presence; False for one of a team that is no longer in the rules."""
        try:
            await self._router.set_presence(self._presence.entry(row, load))
        except InvalidInput as error:
            log.warning("listener_without_team", listener_id=str(row.staff_id), code=error.code)
            return False
        return True

    async def _indexed_listeners(self) -> list[IndexedListener]:
        found: list[IndexedListener] = []
        after: str | None = None
        while True:
            page = await self._router.index_listeners(after, PAGE)
            found += [entry for entry in page.entries if entry.version > 0]
            if page.after is None:
                return found
            after = page.after


async def waiting_pages(contacts: Contacts, entries: Entries) -> AsyncIterator[list[WaitingRow]]:
    """Yield who waits on our lines, page by page."""
    after: UUID | None = None
    while page := await contacts.waiting_page(entries.line_ids, after, PAGE):
        yield page
        after = page[-1].contact_id


def batches(items: Collection[T], size: int) -> Iterator[Sequence[T]]:
    """Yield the items so many at a time."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _about_listener(row: ListenerRow) -> About:
    return About("enter", listener_id=row.staff_id)


def _suspect(suspects: dict[UUID, int], id_: UUID, version: int = 0) -> None:
    if len(suspects) < SUSPECTS_AT_MOST:
        suspects[id_] = version


def _differs(entry: IndexedListener, row: ListenerRow, load: tuple[Load, ...]) -> bool:
    return (
        entry.version < row.version
        or entry.session_id != row.session_id
        or {each.contact_id for each in entry.load} != {each.contact_id for each in load}
    )


def _contact_repaired(kind: Repair, contact_id: UUID) -> None:
    REPAIRS.labels(kind.value).inc()
    log.warning("index_repaired", kind=kind.value, contact_id=str(contact_id))


def _listener_repaired(kind: Repair, listener_id: UUID) -> None:
    REPAIRS.labels(kind.value).inc()
    log.warning("index_repaired", kind=kind.value, listener_id=str(listener_id))
