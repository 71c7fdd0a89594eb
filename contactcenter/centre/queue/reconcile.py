"""The index brought in line with PostgreSQL: what changed often, everything now and then.

One node at a time, under an advisory lock. Every write carries the contact's
version, so a slow round can undo nothing that happened since.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import structlog

from config.clock import Clock
from config.vocabulary import ContactState
from contactcenter.centre.queue.placement import Placements
from contactcenter.centre.queue.presence import Presence
from records.contacts import Contacts, ContactSnapshot
from records.lock import NodeLock
from records.presence import PresenceStore
from routing.model import ListenerPresence, WaitingContact
from routing.router import Router

log = structlog.get_logger()

PAGE = 500
CHANGED_AT_ONCE = 2000
# A change shows when it commits, some seconds after the instant that it carries.
OVERLAP = timedelta(seconds=10)
EVERYTHING_EVERY = timedelta(seconds=60)


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
        clock: Clock,
    ) -> None:
        """Start with a whole pass due."""
        self._router = router
        self._contacts = contacts
        self._store = store
        self._presence = presence
        self._placements = placements
        self._lock = lock
        self._clock = clock
        self._since = clock.now() - OVERLAP
        self._whole_pass_at = clock.now()

    async def round(self) -> None:
        """Do one round if this node holds the lock: rebuild, whole pass, or what changed."""
        if not self._lock.is_mine:
            return
        now = self._clock.now()
        if await self._router.epoch() is None:
            await self.rebuild(now)
        elif now >= self._whole_pass_at:
            await self._everything(now)
        else:
            await self._changes(now)

    async def welcome_back(self) -> None:
        """Give everybody who was present a fresh lease: nobody could renew one while we were down.

        A lease that lives is not prolonged, so this is harmless beside another node.
        """
        if await self._router.epoch() is not None:
            for listener in await self._listeners(self._clock.now()):
                await self._router.set_presence(listener)

    async def rebuild(self, now: datetime) -> None:
        """Fill a lost index from PostgreSQL while new contacts come in."""
        epoch = await self._router.begin_rebuild()
        entered = 0
        async for page in self._open_pages():
            entered += await self._router.restore_contacts(epoch, self._waiting(page))
        await self._router.restore_listeners(epoch, await self._listeners(now))
        dropped = await self._router.end_rebuild(epoch)
        self._whole_pass_at = now + EVERYTHING_EVERY
        log.warning("index_rebuilt", entered=entered, dropped=dropped)

    async def _everything(self, now: datetime) -> None:
        async for page in self._open_pages():
            for contact in page:
                await self._repair(contact)
        for listener in await self._listeners(now):
            await self._router.set_presence(listener)
        self._whole_pass_at = now + EVERYTHING_EVERY

    async def _changes(self, now: datetime) -> None:
        changed = await self._contacts.changed_since(self._since, CHANGED_AT_ONCE)
        for contact in changed:
            await self._repair(contact)
        full = len(changed) == CHANGED_AT_ONCE
        self._since = changed[-1].changed_at if full else now - OVERLAP

    async def _repair(self, contact: ContactSnapshot) -> None:
        if contact.state is ContactState.WAITING:
            await self._router.enqueue(self._placements.waiting(contact))
        elif contact.state is not ContactState.ARRIVING:
            await self._router.cancel(contact.contact_id, contact.version)

    async def _open_pages(self) -> AsyncIterator[list[ContactSnapshot]]:
        after = None
        while page := await self._contacts.open_page(after, PAGE):
            yield page
            after = page[-1].contact_id

    def _waiting(self, page: list[ContactSnapshot]) -> list[WaitingContact]:
        line = self._placements.helpline.line.id
        return [
            self._placements.waiting(contact)
            for contact in page
            if contact.state is ContactState.WAITING and contact.line_id == line
        ]

    async def _listeners(self, now: datetime) -> list[ListenerPresence]:
        loads = await self._store.loads(now)
        profiles = {each.id for each in self._placements.helpline.profiles}
        return [
            self._presence.entry(row, loads.get(row.staff_id, ()))
            for row in await self._store.all_present()
            if row.profile_id in profiles
        ]
