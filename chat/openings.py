"""How many conversations may be opened, by whom. Pure: time is an argument.

Forty pupils of a school write within a minute, and have one address; so does
a flood. What tells them apart is what becomes of it: pupils are answered. So
an opening weighs on its address, its neighbourhood and the service until a
listener has taken it, or until it has leaked away.

Nobody has a fixed share. An address may weigh an eighth of what the service
could still take, a neighbourhood a quarter: on a calm day 125 at once from one
school, and while a thousand addresses push, little for each and still something
for a newcomer (the dynamic threshold of `chat.limits.Places`). The service
itself takes `at_once.per_second` for as long as it lasts: what one process can
take in beside the telephone.
"""

from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from uuid import UUID

from chat.limits import Rate

ADDRESS_SHARE = 8
AREA_SHARE = 4
# A neighbourhood leaks as fast as so many of its addresses.
_ADDRESSES_OF_AN_AREA = 8
_REMEMBERED = 10_000
_REMEMBERED_OF_EACH = 256
_LONGEST_WAIT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Opener:
    """Who opens: digests of an address and of its neighbourhood."""

    address: Hashable
    area: Hashable


@dataclass(slots=True)
class _Weight:
    """What weighs on an address or a neighbourhood; `talks` are not yet answered, oldest first."""

    per_second: float
    level: float = 0.0
    at: float = 0.0
    talks: deque[UUID] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_OF_EACH))

    def now(self, now: float) -> float:
        self.level = max(0.0, self.level - max(0.0, now - self.at) * self.per_second)
        self.at = now
        return self.level


class Openings:
    """The openings of one process; bounded, whoever comes."""

    def __init__(self, each: Rate, at_once: Rate) -> None:
        """Bound each address by `each`, all of them together by `at_once`."""
        self._each = each
        self._at_once = at_once
        self._all = _Weight(at_once.per_second)
        self._weights: OrderedDict[Hashable, _Weight] = OrderedDict()

    def take(self, opener: Opener, now: float) -> float:
        """Let one be opened; return 0, or the seconds after which to try again."""
        free = self._at_once.burst - self._all.now(now)
        address, area = self._of(opener, now)
        wait = max(
            _over(address, min(self._each.burst, free / ADDRESS_SHARE)),
            _over(area, free / AREA_SHARE),
        )
        if wait > 0:
            return min(wait, _LONGEST_WAIT_SECONDS)
        for weight in (self._all, address, area):
            weight.level += 1
        return 0.0

    def opened(self, opener: Opener, conversation_id: UUID, now: float) -> None:
        """Remember what was opened, to see what becomes of it."""
        self._of(opener, now)[0].talks.append(conversation_id)

    def unanswered(self, opener: Opener, most: int, now: float) -> list[UUID]:
        """Return some of what this address opened, the oldest first, and forget them here."""
        talks = self._of(opener, now)[0].talks
        return [talks.popleft() for _ in range(min(most, len(talks)))]

    def answered(self, opener: Opener, now: float) -> None:
        """Take one off: a listener took it."""
        for weight in (self._all, *self._of(opener, now)):
            weight.level = max(0.0, weight.now(now) - 1)

    def _of(self, opener: Opener, now: float) -> tuple[_Weight, _Weight]:
        rate = self._each.per_second
        return (
            self._weight(("address", opener.address), rate, now),
            self._weight(("area", opener.area), rate * _ADDRESSES_OF_AN_AREA, now),
        )

    def _weight(self, key: Hashable, per_second: float, now: float) -> _Weight:
        weight = self._weights.setdefault(key, _Weight(per_second, at=now))
        self._weights.move_to_end(key)
        if len(self._weights) > _REMEMBERED:
            self._weights.popitem(last=False)  # used longest ago: the lightest by then
        weight.now(now)
        return weight


def _over(weight: _Weight, most: float) -> float:
    return max(0.0, weight.level + 1 - most) / weight.per_second
