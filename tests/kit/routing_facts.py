"""What a run of the router leaves behind: facts, each at a virtual instant. See routing_laws."""

from collections.abc import Hashable
from dataclasses import dataclass

Id = Hashable


@dataclass(frozen=True, slots=True)
class Present:
    """The truth about a listener changed: her state, her lanes, what she may hold.

    `ready` is false for every state but ready, and while her lease is lost.
    `leased` is false when the index alone took her out, which the truth is yet to learn.
    `lanes`: her first choice. `help`: lanes she helps out in after so many
    milliseconds of waiting.
    """

    at_ms: int
    listener: Id
    ready: bool
    lanes: tuple[str, ...] = ()
    help: tuple[tuple[str, int], ...] = ()
    max_chats: int = 1
    chats_beside_call: int = 0
    leased: bool = True


@dataclass(frozen=True, slots=True)
class Arrived:
    """A contact was committed; it must come to wait, or leave."""

    at_ms: int
    contact: Id


@dataclass(frozen=True, slots=True)
class Waits:
    """A contact waits, as committed: a new turn, or another placement in the same one.

    `lanes` are those it stands in now; widening is another `Waits`, or
    `widenings` (instant, lanes). `excepted`: returned to the head, so the
    order law lets it pass. `offerable` counts in a new turn only; `Held`
    changes it afterwards.
    """

    at_ms: int
    contact: Id
    turn: int
    lanes: tuple[str, ...]
    channel: str
    band: int
    queued_ms: int
    head_start_ms: int = 0
    waiting_since_ms: int | None = None  # what help lanes count from; None: at_ms
    excepted: bool = False
    offerable: bool = True
    preferred: Id = None
    preferred_until_ms: int = 0
    widenings: tuple[tuple[int, tuple[str, ...]], ...] = ()
    given_up_by: tuple[Id, ...] = ()  # who handed it over

    def prefers(self, now: int) -> bool:
        """Say whether one listener alone is waited for."""
        return self.preferred is not None and self.preferred_until_ms > now

    def is_for(self, listener: Id, present: Present, now: int) -> bool:
        """Say whether a listener was eligible at an instant, by the least the rules promise.

        Help lanes may open sooner than their time, and a preference ends
        sooner when its listener is away, though she come back: neither is
        demanded here, nor that it is served by her outside her own lanes.
        """
        if self.prefers(now) and listener != self.preferred:
            return False
        lanes = set(self.lanes).union(*(more for at, more in self.widenings if at <= now))
        if not lanes.isdisjoint(present.lanes):
            return True
        since = self.at_ms if self.waiting_since_ms is None else self.waiting_since_ms
        return any(lane in lanes and since + after <= now for lane, after in present.help)


@dataclass(frozen=True, slots=True)
class Held:
    """A contact is held back from offers (its visitor is away), or may be offered again."""

    at_ms: int
    contact: Id
    held: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """An accept was committed: the listener has the contact, in this turn."""

    at_ms: int
    engagement: Id
    contact: Id
    listener: Id
    turn: int


@dataclass(frozen=True, slots=True)
class Freed:
    """An engagement no longer counts against its listener, nor holds its contact."""

    at_ms: int
    engagement: Id


@dataclass(frozen=True, slots=True)
class Left:
    """A contact that waited was closed: hung up, went away, was turned away."""

    at_ms: int
    contact: Id


@dataclass(frozen=True, slots=True)
class Offered:
    """The index made an offer; `turn` if it may be an earlier one than the contact waits in."""

    at_ms: int
    offer: Id
    contact: Id
    listener: Id
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class OfferOver:
    """An offer ended, however; `refused`: she is not offered it again in this round.

    `again_ms`: she only missed it, and may be asked again from then on if it is of band 0.
    """

    at_ms: int
    offer: Id
    refused: bool = False
    again_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RoundOver:
    """The refusals of a contact are forgotten."""

    at_ms: int
    contact: Id


@dataclass(frozen=True, slots=True)
class Indexed:
    """What the index held when it was read: every contact that waits by it, offered ones too."""

    at_ms: int
    waiting: frozenset[Id]


@dataclass(frozen=True, slots=True)
class Shaken:
    """The index was disturbed: lost, rolled back, cut off, told late; over at `until_ms`.

    None: until `Calm` is noted. `forgets`: offers and refusals known so far
    are no longer the index's.
    """

    at_ms: int
    until_ms: int | None = None
    forgets: bool = False


@dataclass(frozen=True, slots=True)
class Calm:
    """What disturbed the index is over: from now on it is judged again."""

    at_ms: int


Fact = (
    Present
    | Arrived
    | Waits
    | Held
    | Taken
    | Freed
    | Left
    | Offered
    | OfferOver
    | RoundOver
    | Indexed
    | Shaken
    | Calm
)
