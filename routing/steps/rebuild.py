"""Filling the index from PostgreSQL: after a loss of Redis, or to be rid of a doubt."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from config.errors import Conflict
from config.ids import new_id
from routing.model import ListenerPresence, Step, WaitingContact
from routing.steps.contacts import ContactSteps
from routing.steps.presence import PresenceSteps

# Contacts entered by one script: long enough to save round trips, short enough (about a
# millisecond of the server) not to be felt by an accept that waits behind it.
BATCH = 64
PART = 1024  # contacts between two signs of life of a rebuild
PAGE = 256

T = TypeVar("T")


class RebuildSteps(ContactSteps, PresenceSteps):
    """One pass over PostgreSQL, while new contacts come in. One node at a time (caller's lock)."""

    async def epoch(self) -> str | None:
        """Return the name of the data set; None when Redis was lost or is not filled yet."""
        name: str | None = await self._scripts.guarded(
            self._redis.hget(self._meta, "epoch"), "epoch"
        )
        return name

    async def begin_rebuild(self) -> str:
        """Begin a new epoch and return its name. Raises Unavailable."""
        name = str(new_id())
        await self._step("rebuild_begin", name, "begin")
        return name

    async def restore_contacts(self, epoch: str, contacts: Iterable[WaitingContact]) -> int:
        """Enter waiting contacts, lowest rank first if one can; return how many were news.

        Raises Conflict (`rebuild_superseded`) when another rebuild has begun,
        InvalidInput (`lane_unknown`), Unavailable.
        """
        entered = 0
        for part in _batches(contacts, PART):
            await self._go_on(epoch)
            for pair in _batches(_batches(part, BATCH), 2):
                # The second is made ready while Redis carries out the first.
                found = await asyncio.gather(*map(self._enqueue, pair))
                entered += sum(step is Step.DONE for steps in found for step in steps)
        return entered

    async def restore_listeners(self, epoch: str, listeners: Sequence[ListenerPresence]) -> None:
        """Enter presences with their load; the lease given is the time to come back.

        Raises Conflict (`rebuild_superseded`), InvalidInput
        (`profile_unknown`), Unavailable.
        """
        for batch in _batches(listeners, BATCH):
            await self._go_on(epoch)
            for presence in batch:
                await self.set_presence(presence)

    async def end_rebuild(self, epoch: str) -> int:
        """Drop what was not confirmed, name the epoch; return how many entries were dropped.

        Raises Conflict (`rebuild_superseded`), Unavailable.
        """
        dropped = 0
        for kind in ("leases", *(f"waiting:{lane}" for lane in self._plan.channel_of)):
            await self._go_on(epoch)
            start = 0
            while start >= 0:
                start, gone = await self._step("prune", epoch, kind, start, PAGE)
                dropped += gone
        if await self._step("rebuild_end", epoch) == Step.STALE:
            raise Conflict("another rebuild has begun", code="rebuild_superseded")
        return dropped

    async def _go_on(self, epoch: str) -> None:
        if await self._step("rebuild_begin", epoch, "continue") == Step.STALE:
            raise Conflict("another rebuild has begun", code="rebuild_superseded")


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
