"""The index brought in line with PostgreSQL: what changed often, everything now and then.

One node at a time, under an advisory lock. Every write carries the contact's
version, so a slow round can undo nothing that happened since.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter

from config.clock import Clock
from config.errors import InvalidInput, Unavailable
from config.vocabulary import ContactState
from contactcenter.centre.quarantine import About, Quarantine
from contactcenter.centre.queue.comparison import Comparison, waiting_pages
from contactcenter.centre.queue.entries import Entries, is_over, left_of
from contactcenter.centre.queue.placement import Placements
from contactcenter.centre.queue.presence import Presence
from records.contacts.contacts import Contacts
from records.contacts.snapshot import ContactSnapshot
from records.lock import NodeLock
from records.presence import PresenceStore
from routing.model import ListenerPresence, WaitingContact
from routing.router import Router

log = structlog.get_logger()

CHANGED_AT_ONCE = 2000
# A change shows when it commits, some seconds after the instant that it carries.
OVERLAP = timedelta(seconds=10)
EVERYTHING_EVERY = timedelta(seconds=60)
# After the lock was taken, once more when what was young at the first pass has settled.
SOON = timedelta(seconds=6)
SOON_PASSES = 2

WENT_BACK = Counter(
    "contactcenter_truth_went_back", "Times that PostgreSQL had lost commits the index knew of"
)


class Reconciler:
    """Repairs the index; PostgreSQL is never changed from here."""

    def __init__(
        self,
        router: Router,
        contacts: Contacts,
        store: PresenceStore,
        presence: Presence,
        placements: Placements,
        lock: NodeLock,
        quarantine: Quarantine,
        clock: Clock,
    ) -> None:
        """Start with a whole pass due."""
        self._router = router
        self._contacts = contacts
        self._store = store
        self._presence = presence
        self._placements = placements
        self._lock = lock
        self._quarantine = quarantine
        self._clock = clock
        self._entries = Entries(placements)
        self._comparison = Comparison(router, contacts, store, presence, self._entries, quarantine)
        self._since = clock.now() - OVERLAP
        self._whole_pass_at = clock.now()
        self._soon = SOON_PASSES
        self._taken = 0

    async def round(self) -> None:
        """Do one round if this node holds the lock.

        A rebuild when the index is lost, or knows more than PostgreSQL; else what changed, with the second
        look at what the last whole pass found; and that pass when it is due.
        """
        if not self._lock.is_mine:
            self._comparison.forget()
            return
        if self._lock.times_taken != self._taken:
            # The lock was lost with its connection, and with that perhaps the last commits: whoever
            # takes it looks at everything.
            self._taken = self._lock.times_taken
            self._whole_pass_at, self._soon = self._clock.now(), SOON_PASSES
        now = self._clock.now()
        if await self._router.format.adopt() or await self._router.epoch() is None:
            await self.rebuild(now)
            return
        if ahead := await self._comparison.truth_went_back():
            WENT_BACK.inc()
            log.error("truth_went_back", count=ahead)
            await self._router.format.empty()
            await self.rebuild(now)
            return
        await self._changes(now)
        await self._comparison.confirm(now)
        if now >= self._whole_pass_at:
            await self._comparison.look(now)
            self._soon = max(0, self._soon - 1)
            self._whole_pass_at = now + (SOON if self._soon else EVERYTHING_EVERY)

    async def welcome_back(self) -> None:
        """Give everybody who was present a fresh lease: nobody could renew one while we were down.

        A lease that lives is not prolonged, so this is harmless beside another node.
        """
        try:
            if await self._router.epoch() is not None:
                for listener in await self._listeners(self._clock.now()):
                    await self._router.set_presence(listener)
        except Unavailable as error:
            # The reconciler enters them as soon as the index takes anything.
            log.warning("index_not_told", code=error.code)

    async def rebuild(self, now: datetime) -> None:
        """Fill a lost index from PostgreSQL while new contacts come in; then its live window."""
        epoch = await self._router.begin_rebuild()
        entered = 0
        pages = waiting_pages(self._contacts, self._entries)
        page = await anext(pages, None)
        while page is not None:
            waiting = self._entries.waiting(page)
            # At once: the next page is read, and one lot put into words while the index
            # works on another.
            page, one, other = await asyncio.gather(
                anext(pages, None),
                self._restore(epoch, waiting[::2]),
                self._restore(epoch, waiting[1::2]),
            )
            entered += one + other
        await self._router.restore_listeners(epoch, await self._listeners(now))
        dropped = await self._router.end_rebuild(epoch)
        self._comparison.forget()
        self._whole_pass_at = now + EVERYTHING_EVERY
        log.warning("index_rebuilt", entered=entered, dropped=dropped)
        await self._restore_flows(now)

    async def _restore(self, epoch: str, contacts: Sequence[WaitingContact]) -> int:
        try:
            return await self._router.restore_contacts(epoch, contacts)
        except InvalidInput as error:
            if len(contacts) > 1:
                # One that cannot be entered keeps nobody else out.
                return sum([await self._restore(epoch, [one]) for one in contacts])
            contact_id = str(contacts[0].contact_id)
            log.warning("contact_without_lane", contact_id=contact_id, code=error.code)
            return 0

    async def _restore_flows(self, now: datetime) -> None:
        """Fill the window of live figures again; they are wanted by nobody before the rest works."""
        limits = self._placements.helpline.limits
        window = max(limits.service_level_window_seconds, limits.estimate_window_seconds)
        minutes = await self._contacts.flows_since(
            self._entries.line_ids,
            now - timedelta(seconds=window),
            targets=self._entries.targets(),
            early=timedelta(seconds=limits.early_abandon_seconds),
        )
        await self._router.restore_flow(self._entries.flows(minutes))

    async def _changes(self, now: datetime) -> None:
        since = self._since
        changed = await self._contacts.changed_since(since, CHANGED_AT_ONCE)
        await self._quarantine.each(
            changed, self._repair, lambda each: About("repair", each.contact_id)
        )
        # What a listener was told to the index may be lost as well: a presence, or free again.
        await self._comparison.enter_touched(since, now)
        full = len(changed) == CHANGED_AT_ONCE
        self._since = changed[-1].changed_at if full else now - OVERLAP

    async def _repair(self, contact: ContactSnapshot) -> None:
        if contact.state is ContactState.WAITING:
            await self._comparison.enter(self._entries.of(contact))
        elif is_over(contact):
            await self._router.cancel(contact.contact_id, contact.version, left=left_of(contact))

    async def _listeners(self, now: datetime) -> list[ListenerPresence]:
        loads = await self._store.loads(now)
        profiles = {each.id for each in self._placements.helpline.all_profiles()}
        return [
            self._presence.entry(row, loads.get(row.staff_id, ()))
            for row in await self._store.all_present()
            if row.profile_id in profiles
        ]
