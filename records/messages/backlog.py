"""The lines that wait for a batch: bounded, fair between conversations, in order within one."""

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from config.errors import TooMuch

Item = TypeVar("Item")


@dataclass(slots=True, eq=False)
class Entry(Generic[Item]):
    """An item of one conversation, and since when (monotonic seconds) it waits."""

    contact_id: UUID
    item: Item
    since: float
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may wait, how much goes at once, and for how long one waits.

    `skipped_seconds` bounds the wait behind somebody else's lock;
    `waiting_seconds` the wait of a line that no batch has tried yet.
    """

    waiting: int = 4096
    waiting_per_conversation: int = 64
    batch: int = 256
    batch_per_conversation: int = 16
    skipped_seconds: float = 2.0
    waiting_seconds: float = 5.0


class Backlog(Generic[Item]):
    """Conversations in turn, each a queue of its own.

    A flood in one conversation, or one whose row stays locked, therefore
    costs the others at most `batch_per_conversation` places of each batch.
    """

    def __init__(self, limits: Limits) -> None:
        """Start empty."""
        self._limits = limits
        self._queues: OrderedDict[UUID, deque[Entry[Item]]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        """Return how many entries wait."""
        return self._count

    def add(self, entry: Entry[Item]) -> None:
        """Put an entry at the end of its conversation; raise TooMuch at a limit."""
        if self._count >= self._limits.waiting:
            raise TooMuch("the message queue is full", code="messages_queue_full", retry_after=1)
        queue = self._queues.setdefault(entry.contact_id, deque())
        if len(queue) >= self._limits.waiting_per_conversation:
            raise TooMuch(
                "one conversation has too many waiting lines",
                code="conversation_queue_full",
                retry_after=1,
            )
        queue.append(entry)
        self._count += 1

    def take(self) -> list[Entry[Item]]:
        """Remove and return the next batch: a few entries of each conversation in turn."""
        taken: list[Entry[Item]] = []
        for _ in range(len(self._queues)):
            room = self._limits.batch - len(taken)
            if room == 0:
                break
            contact_id, queue = next(iter(self._queues.items()))
            count = min(room, len(queue), self._limits.batch_per_conversation)
            taken.extend(queue.popleft() for _ in range(count))
            if queue:
                self._queues.move_to_end(contact_id)
            else:
                del self._queues[contact_id]
        self._count -= len(taken)
        return taken

    def put_back(self, entries: Sequence[Entry[Item]]) -> None:
        """Return skipped entries, in the order they were taken, ahead of later lines.

        Their conversation goes to the end of the turn. They were counted
        once already, so no limit refuses them.
        """
        for entry in reversed(entries):
            entry.skipped = True
            queue = self._queues.setdefault(entry.contact_id, deque())
            queue.appendleft(entry)
            self._queues.move_to_end(entry.contact_id)
        self._count += len(entries)

    def remove_late(self, now: float) -> list[Entry[Item]]:
        """Remove and return the entries that have waited longer than their limit."""
        late: list[Entry[Item]] = []
        for contact_id in list(self._queues):
            queue = self._queues[contact_id]
            # Oldest first within a conversation, so the late ones are in front.
            while queue and self._is_late(queue[0], now):
                late.append(queue.popleft())
            if not queue:
                del self._queues[contact_id]
        self._count -= len(late)
        return late

    def clear(self) -> list[Entry[Item]]:
        """Remove and return everything."""
        entries = [entry for queue in self._queues.values() for entry in queue]
        self._queues.clear()
        self._count = 0
        return entries

    def _is_late(self, entry: Entry[Item], now: float) -> bool:
        limits = self._limits
        seconds = limits.skipped_seconds if entry.skipped else limits.waiting_seconds
        return now - entry.since > seconds
