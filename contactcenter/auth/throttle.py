"""How often a sign-in may be tried: leaky buckets by account, by address and by both.

By address and account: guessing one password. By address, and by the
neighbourhood that an address can move in (`chat.address.area_of`): trying one
password on many accounts. By account, from anywhere: many machines on one
account. That last one stops nobody by itself, or strangers would keep a
listener from her desk by failing in her name: see
`contactcenter.auth.judging`. What it protects is the second factor: of codes
tried with the right password, few are looked at.

An attempt is charged before it is judged, so that a thousand at once are not
all let through, and given back when it succeeds; one that was never judged is
given back to its account, not to its address: knocking is not free. The
buckets are in this process's memory: N processes allow N times as much, and a
restart forgets. Logins and addresses are kept only as keyed hashes under a key
that dies with the process.
"""

import hashlib
import hmac
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from chat.address import area_of
from config.errors import TooMuch


@dataclass(frozen=True)
class Limit:
    """`burst` attempts at once, then one each `refill_seconds`."""

    burst: int
    refill_seconds: float


BY_BOTH = Limit(burst=5, refill_seconds=60)
BY_ADDRESS = Limit(burst=50, refill_seconds=10)
BY_AREA = Limit(burst=400, refill_seconds=2)
BY_ACCOUNT = Limit(burst=30, refill_seconds=10)
# Wrong codes with the right password: of a million, 730 a day at the most.
BY_CODES = Limit(burst=10, refill_seconds=120)

# About 4 MB each at worst. When full, the bucket touched longest ago goes: the emptiest by then.
MAX_BUCKETS = 20_000


@dataclass
class _Bucket:
    level: float
    at: float


class Buckets:
    """Leaky buckets under one limit, a bounded number of them; pure but for its memory."""

    def __init__(self, limit: Limit, max_buckets: int = MAX_BUCKETS) -> None:
        """Start with every bucket empty."""
        self._limit = limit
        self._max = max_buckets
        self._buckets: OrderedDict[bytes, _Bucket] = OrderedDict()

    def wait_seconds(self, key: bytes, now: float) -> float:
        """Return how long until one more attempt fits; 0 when it fits now."""
        over = self._level(key, now) + 1 - self._limit.burst
        return max(0.0, over * self._limit.refill_seconds)

    def charge(self, key: bytes, now: float) -> None:
        """Count one attempt."""
        self._put(key, self._level(key, now) + 1, now)

    def level(self, key: bytes, now: float) -> float:
        """Return how many attempts weigh on it now."""
        return self._level(key, now)

    def give_back(self, key: bytes, now: float) -> None:
        """Take one attempt off: it was honest."""
        self._put(key, max(0.0, self._level(key, now) - 1), now)

    def _level(self, key: bytes, now: float) -> float:
        bucket = self._buckets.get(key)
        if bucket is None:
            return 0.0
        return max(0.0, bucket.level - (now - bucket.at) / self._limit.refill_seconds)

    def _put(self, key: bytes, level: float, now: float) -> None:
        self._buckets[key] = _Bucket(level, now)
        self._buckets.move_to_end(key)
        while len(self._buckets) > self._max:
            self._buckets.popitem(last=False)


@dataclass(frozen=True)
class Attempt:
    """One sign-in that was let through to be judged."""

    both: bytes
    address: bytes
    area: bytes
    account: bytes
    # How much its address and its neighbourhood tried before: who waits behind whom.
    rank: float = 0.0
    # Above 0 when too many failed at this account: seconds until one more fits.
    account_wait: float = 0.0


class SignInThrottle:
    """The limits together."""

    def __init__(
        self,
        key: bytes,
        seconds: Callable[[], float],
        *,
        by_both: Limit = BY_BOTH,
        by_address: Limit = BY_ADDRESS,
        by_area: Limit = BY_AREA,
        by_account: Limit = BY_ACCOUNT,
    ) -> None:
        """Take a random `key` for this process and a clock that never jumps."""
        self._key = key
        self._seconds = seconds
        self._both = Buckets(by_both)
        self._address = Buckets(by_address)
        self._area = Buckets(by_area)
        self._account = Buckets(by_account)
        self._codes = Buckets(BY_CODES)

    def begin(self, login: str, address: str) -> Attempt:
        """Charge one attempt, or raise TooMuch `too_many_attempts` with how long to wait."""
        now = self._seconds()
        both = self._hidden("both", f"{login}\n{address}")
        place, area = self._hidden("address", address), self._hidden("area", area_of(address))
        account = self._hidden("account", login)
        wait = max(
            self._both.wait_seconds(both, now),
            self._address.wait_seconds(place, now),
            self._area.wait_seconds(area, now),
        )
        if wait > 0:
            # A refused attempt costs nothing: knocking does not lengthen the wait.
            raise TooMuch(code="too_many_attempts", retry_after=math.ceil(wait))
        attempt = Attempt(
            both,
            place,
            area,
            account,
            rank=self._address.level(place, now) + self._area.level(area, now),
            account_wait=self._account.wait_seconds(account, now),
        )
        self._both.charge(both, now)
        self._address.charge(place, now)
        self._area.charge(area, now)
        if not attempt.account_wait:
            self._account.charge(account, now)
        return attempt

    def give_back(self, attempt: Attempt) -> None:
        """Uncharge an attempt that was not a guess: it succeeded, or nothing could judge it."""
        now = self._seconds()
        self._address.give_back(attempt.address, now)
        self._area.give_back(attempt.area, now)
        self.not_judged(attempt)

    def not_judged(self, attempt: Attempt) -> None:
        """Uncharge the account for an attempt that had no turn; its address has knocked."""
        now = self._seconds()
        self._both.give_back(attempt.both, now)
        if not attempt.account_wait:
            self._account.give_back(attempt.account, now)

    def takes_code(self, attempt: Attempt) -> bool:
        """Tell whether one more code is looked at, after the right password."""
        return not self._codes.wait_seconds(attempt.account, self._seconds())

    def wrong_code(self, attempt: Attempt) -> None:
        """Count a wrong code that came with the right password."""
        self._codes.charge(attempt.account, self._seconds())

    def _hidden(self, kind: str, value: str) -> bytes:
        return hmac.digest(self._key, f"{kind}\n{value}".encode(), hashlib.sha256)
