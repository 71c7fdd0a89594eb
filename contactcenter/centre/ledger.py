"""How often each thing a loop looks after has failed. Pure: time is an argument, memory is bounded."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

# A passing trouble (a row that is locked, a lost connection) is over by then.
FAILURES_ALLOWED = 5
# What is set aside is tried again so much later: its cause may be gone, and nobody need tell us.
ASIDE = timedelta(minutes=5)
# What has not failed for so long begins anew.
FORGOTTEN_AFTER = timedelta(minutes=30)
REMEMBERED = 1000


@dataclass(slots=True)
class _Entry:
    failures: int
    last_at: datetime


class Ledger:
    """The failures of one loop's items, the least recent forgotten first."""

    def __init__(self) -> None:
        """Start with a clean sheet."""
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()

    def failed(self, item: Hashable, now: datetime) -> bool:
        """Count a failure; return whether the item is set aside from now on.

        That is so from the fifth in a row: others must not wait for it. Each
        later failure sets it aside anew.
        """
        entry = self._entries.pop(item, None)
        if entry is None or now - entry.last_at > FORGOTTEN_AFTER:
            entry = _Entry(0, now)
        entry.failures, entry.last_at = entry.failures + 1, now
        self._entries[item] = entry
        if len(self._entries) > REMEMBERED:
            self._entries.popitem(last=False)
        return entry.failures >= FAILURES_ALLOWED

    def worked(self, item: Hashable) -> bool:
        """Forget an item's failures; return whether it had been set aside."""
        entry = self._entries.pop(item, None)
        return entry is not None and entry.failures >= FAILURES_ALLOWED

    def has_failed(self, item: Hashable) -> bool:
        """Tell whether the item failed lately: it is tried after those that did not."""
        return item in self._entries

    def is_aside(self, item: Hashable, now: datetime) -> bool:
        """Tell whether the item is to be left alone for now."""
        entry = self._entries.get(item)
        return (
            entry is not None and entry.failures >= FAILURES_ALLOWED and now - entry.last_at < ASIDE
        )

    def aside(self, now: datetime) -> int:
        """Return how many are left alone for now."""
        return sum(self.is_aside(item, now) for item in self._entries)
