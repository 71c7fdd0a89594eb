"""Who in this process waits for news of a contact, and how the news arrives.

A wake-up is a hint to look at PostgreSQL. It comes from this very process at
once, from the others through Redis, and once a second from nobody in
particular while Redis does not answer: so a reader is late by a second at the
worst, and never blind.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from uuid import UUID

from prometheus_client import Gauge

from config.errors import Unavailable
from routing.router import Router
from routing.wakeups import WakeKind, Wakeup, Wakeups

# A reader that is behind by so many has all it needs to know: look at everything.
PENDING_AT_MOST = 64

DEAF = Gauge("contactcenter_wakeups_deaf", "1 while the subscription to wake-ups is not heard")

VISITOR, LISTENER = 0, 1
"""The first number of a `typing` or `read` wake-up: whose it is."""


class WakeQueue:
    """The wake-ups of one reader; when full, all of them merge into one RESYNC about everything."""

    def __init__(self, pending: int = PENDING_AT_MOST) -> None:
        """Start empty, keeping at most `pending` hints."""
        self._queue: asyncio.Queue[Wakeup] = asyncio.Queue(pending)

    def put(self, wakeup: Wakeup) -> None:
        """Add a hint, never waiting."""
        if self._queue.full():
            while not self._queue.empty():
                self._queue.get_nowait()
            wakeup = Wakeup(WakeKind.RESYNC, None)
        self._queue.put_nowait(wakeup)

    async def __aiter__(self) -> AsyncIterator[Wakeup]:
        """Yield hints for ever."""
        while True:
            yield await self._queue.get()


class Wakes:
    """Fans wake-ups out to the readers of this process."""

    def __init__(self, wakeups: Wakeups, router: Router) -> None:
        """Use one subscription for the whole process; `router` tells when Redis is deaf."""
        self._wakeups = wakeups
        self._router = router
        self._readers: defaultdict[UUID, set[WakeQueue]] = defaultdict(set)
        # How many changes of a state were heard of, here or elsewhere: of contacts, and of
        # listeners' presence. Whoever shows all of them looks again when it grows.
        self.changes = 0

    @contextmanager
    def watching(self, *contact_ids: UUID) -> Iterator[WakeQueue]:
        """Subscribe to some contacts; more are added by `follow`."""
        queue = WakeQueue()
        for contact_id in contact_ids:
            self.follow(queue, contact_id)
        try:
            yield queue
        finally:
            self.forget(queue)

    def follow(self, queue: WakeQueue, contact_id: UUID) -> None:
        """Add a contact to a reader's."""
        self._readers[contact_id].add(queue)

    def unfollow(self, queue: WakeQueue, contact_id: UUID) -> None:
        """Take a contact off a reader's."""
        self._drop(queue, contact_id)

    def forget(self, queue: WakeQueue) -> None:
        """Take a reader off every contact."""
        for contact_id in [each for each, readers in self._readers.items() if queue in readers]:
            self._drop(queue, contact_id)

    async def tell(self, kind: WakeKind, contact_id: UUID, *numbers: int) -> None:
        """Wake whoever reads this contact, here at once and elsewhere through Redis."""
        self._deliver(Wakeup(kind, contact_id, numbers))
        await self._wakeups.publish(kind, contact_id, *numbers)

    async def hear(self) -> None:
        """Deliver what other processes tell, for ever."""
        async for wakeup in self._wakeups.listen():
            self._deliver(wakeup)

    async def poll_while_deaf(self) -> None:
        """Wake everybody if Redis does not answer, or nothing is heard: one round, once a second."""
        is_deaf = self.is_deaf
        DEAF.set(is_deaf)
        try:
            await self._router.epoch()
        except Unavailable:
            is_deaf = True
        if is_deaf:
            self._deliver(Wakeup(WakeKind.RESYNC, None))

    @property
    def is_deaf(self) -> bool:
        """Say whether the subscription gives no sign of life: readers look once a second then."""
        return self._wakeups.is_deaf

    def _deliver(self, wakeup: Wakeup) -> None:
        if wakeup.kind in (WakeKind.STATE, WakeKind.RESYNC):
            self.changes += 1
        if wakeup.contact_id is not None:
            for queue in self._readers.get(wakeup.contact_id, ()):
                queue.put(wakeup)
            return
        for queue in {queue for readers in self._readers.values() for queue in readers}:
            queue.put(wakeup)

    def _drop(self, queue: WakeQueue, contact_id: UUID) -> None:
        readers = self._readers.get(contact_id)
        if readers is not None:
            readers.discard(queue)
            if not readers:
                del self._readers[contact_id]
