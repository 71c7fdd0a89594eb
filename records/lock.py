"""Work that one node at a time does: an advisory lock, held on a connection of its own.

The lock goes with its connection: a node that dies, or is cut off from the
database, loses it at once and another takes over. What is done under it must
still be safe to do twice, for a moment around such a change.
"""

import asyncio
import zlib

from config.errors import Unavailable
from records.database import Database

CHECK_SECONDS = 1.0


class NodeLock:
    """Says whether this node is the one; kept by a loop that awaits `keep` again and again."""

    def __init__(self, database: Database, name: str) -> None:
        """Contend for the lock of that name; its number is a checksum of it."""
        self._database = database
        # PostgreSQL takes a signed 32-bit number.
        self._number = zlib.crc32(name.encode()) >> 1
        self.is_mine = False
        # How often it was taken: a loss and a new taking may pass between two looks.
        self.times_taken = 0

    async def keep(self) -> None:
        """Try to take the lock; with it, hold it until the connection is lost. Raises Unavailable."""
        async with self._database.reading() as tx:
            if not await tx.fetch_value("lock.take", self._number):
                return
            self.is_mine = True
            self.times_taken += 1
            try:
                while True:
                    await asyncio.sleep(CHECK_SECONDS)
                    await tx.fetch_value("lock.check")
            finally:
                self.is_mine = False
                try:
                    await tx.fetch_value("lock.give_back", self._number)
                except Unavailable:
                    # The connection is gone, and the lock with it.
                    self.is_mine = False
