"""The chat's bounds in one place, and the bucket that enforces a rate. Pure."""

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `burst` at once, refilled at `per_second`."""

    burst: int
    per_second: float


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Deadlines and rates of one socket; seconds unless the name says otherwise."""

    hello_seconds: float = 10.0
    # A client pings each 20 s. Hidden tabs are woken once a minute at most, so
    # the browser's own pong, which no page throttles, counts as life as well.
    probe_seconds: float = 20.0
    silent_seconds: float = 45.0
    # Wakes may be lost, so the truth is read again; faster while there are none.
    recheck_seconds: float = 5.0
    blind_recheck_seconds: float = 1.0
    retry_seconds: float = 1.0
    alive_seconds: float = 5.0
    typing_seconds: float = 2.0
    page_lines: int = 100
    line_characters: int = 2000  # the helpline's: message_max_chars
    pending_sends: int = 16
    frames: Rate = Rate(burst=60, per_second=10)
    sends: Rate = Rate(burst=12, per_second=1)


@dataclass(frozen=True, slots=True)
class GatewayLimits:
    """Bounds of the gateway as a whole."""

    connections: int = 10_000
    sockets_per_conversation: int = 4
    outbox_frames: int = 256
    centre_seconds: float = 8.0
    closing_seconds: float = 5.0
    # A school or a hostel shares one address: generous, yet no flood passes.
    handshakes_per_address: Rate = Rate(burst=150, per_second=4)
    # Connections whose handshake has not come to its end: each is given ten seconds for it.
    unopened: int = 1_000
    # Frames of any kind, the library's own pings and pongs and each fragment of a message. Who
    # has not said whose conversation it is has little to say; a page sends one each 20 s at rest.
    frames_before_hello: Rate = Rate(burst=30, per_second=2)
    frames: Rate = Rate(burst=120, per_second=20)
    frame_bytes: Rate = Rate(burst=256 * 1024, per_second=16 * 1024)
    # What one socket may hand over before the others have their turn.
    read_bytes: int = 16 * 1024
    # How long the reason for its end is left to be read by a socket that is no longer read.
    flooded_seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bounds of the HTTP routes."""

    body_bytes: int = 16 * 1024
    page_lines: int = 100
    line_characters: int = 2000  # the helpline's: message_max_chars
    centre_seconds: float = 8.0
    # The service takes a thousand visitors at once that nobody has answered yet, then so many
    # each second; `chat.openings` says how they share it.
    openings: Rate = Rate(burst=1_000, per_second=20)
    openings_per_address: Rate = Rate(burst=120, per_second=0.2)
    # Each costs some milliseconds of the process that answers the telephone too.
    opening_at_once: int = 4
    # A class that opens the page and then asks again and again, for those without sockets.
    requests_per_address: Rate = Rate(burst=600, per_second=40)
    # Who is refused for its number is let wait: an answer at once would be asked for again.
    refused_seconds: float = 1.0
    refused_at_once: int = 500
    sends_per_conversation: Rate = Rate(burst=12, per_second=1)


class Bucket:
    """A token bucket. Time is an argument, in seconds of a clock that never jumps."""

    __slots__ = ("_level", "_rate", "_updated")

    def __init__(self, rate: Rate, now: float) -> None:
        """Start full."""
        self._rate = rate
        self._level = float(rate.burst)
        self._updated = now

    def take(self, now: float, amount: float = 1) -> float:
        """Take one, or `amount`; return 0, or the seconds to wait, taking nothing."""
        elapsed = max(0.0, now - self._updated)
        self._level = min(self._rate.burst, self._level + elapsed * self._rate.per_second)
        self._updated = now
        if self._level >= amount:
            self._level -= amount
            return 0.0
        return (amount - self._level) / self._rate.per_second


class Buckets:
    """One bucket per key, bounded: past `most` keys the one used longest ago is forgotten.

    That forgives its owner early and punishes nobody; a bucket refills in
    well under the time that `most` different keys take to come.
    """

    def __init__(self, rate: Rate, most: int = 10_000) -> None:
        """Keep at most `most` keys."""
        self._rate = rate
        self._most = most
        self._buckets: dict[Hashable, Bucket] = {}

    def take(self, key: Hashable, now: float) -> float:
        """Take one from the key's bucket; return 0 or the seconds to wait."""
        bucket = self._buckets.pop(key, None) or Bucket(self._rate, now)
        if len(self._buckets) >= self._most:
            del self._buckets[next(iter(self._buckets))]
        self._buckets[key] = bucket  # last in the dict = used last
        return bucket.take(now)

    def __len__(self) -> int:
        """Return how many keys are kept."""
        return len(self._buckets)


class Places:
    """A bounded number of places, shared out so that no few areas can hold them all.

    An area may hold half of what is left: the fuller it is, the less is left
    to each, and a newcomer finds room as long as there is any. One area alone
    holds a third of all places at most, ten together ten twelfths. It is the
    dynamic threshold of shared switch memory (Choudhury and Hahne, « Dynamic
    queue length thresholds », IEEE/ACM Transactions on Networking, 1998).
    """

    def __init__(self, most: int) -> None:
        """Start with `most` free places."""
        self._most = most
        self._free = most
        self._held: dict[Hashable, int] = {}

    def take(self, area: Hashable, *, shared: bool = True) -> bool:
        """Take a place for the area; False when there is none for it, and nothing is taken.

        With `shared` false, only the last place is a bound: for areas that stand for many.
        """
        held = self._held.get(area, 0)
        if self._free < 1 or (shared and 2 * held >= self._free):
            return False
        self._free -= 1
        self._held[area] = held + 1
        return True

    def give_back(self, area: Hashable) -> None:
        """Give back a place that was taken."""
        self._free += 1
        self._held[area] -= 1
        if not self._held[area]:
            del self._held[area]

    @property
    def taken(self) -> int:
        """Return how many places are held."""
        return self._most - self._free
