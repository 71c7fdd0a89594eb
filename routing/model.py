"""The words of routing: what goes into the index and what comes out of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import NamedTuple
from uuid import UUID

from routing.flow import Flow


class Step(IntEnum):
    """How an atomic step ended. The Lua scripts answer these very numbers."""

    DONE = 0
    ALREADY = 1  # the same request was carried out before: the answer is the same again
    STALE = 2  # a newer version is known: ignored
    UNKNOWN = 3  # no such contact, listener or offer in the index
    NOT_YOURS = 4  # another listener's offer, or another session's
    LATE = 5  # the offer's time is over
    GONE = 6  # the offer was withdrawn, declined, released or given back


class OfferState(StrEnum):
    """Where an offer stands; only `offered` and `accepting` hold a contact and a listener."""

    OFFERED = "offered"
    ACCEPTING = "accepting"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    EXPIRED = "expired"
    UNSEEN = "unseen"
    WITHDRAWN = "withdrawn"
    RELEASED = "released"
    OTHER = "other"  # a word of another release: over, for all that this one knows

    @classmethod
    def _missing_(cls, _value: object) -> "OfferState":
        return cls.OTHER


class EventKind(StrEnum):
    """What the stream of events tells; a wake-up, never the data."""

    OFFERED = "offered"
    OFFER_CLOSED = "offer_closed"  # reason: how (an OfferState, or why it was withdrawn)
    ROUND_EXHAUSTED = "round_exhausted"
    LISTENER_ASKED = "listener_asked"
    LEASE_LOST = "lease_lost"
    RESYNC = "resync"  # events may have been missed: read again what matters


class Left(StrEnum):
    """Why a contact leaves the index; decides in which figure of its lane it is counted."""

    CLOSED = "closed"  # moved, closed by staff, handed outside: in no figure
    ABANDONED = "abandoned"  # the person gave up waiting
    ANSWERED = "answered"  # PostgreSQL says a listener has it: for a confirm that was lost


class Widening(NamedTuple):
    """Lanes that a contact also stands in from an instant on (milliseconds since 1970)."""

    at_ms: int
    lanes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WaitingContact:
    """A contact that waits, as PostgreSQL has it at `version`.

    `lanes`: the first is where it is counted, further ones widen who may
    take it. `rank` from `routing.rank`. `offerable` counts when the contact
    is new or enters a new turn; afterwards `Router.offerable` decides.
    `preferred_listener` alone is offered it until `preferred_until_ms`,
    unless she is not signed in or has refused it. `widenings`: lanes that it
    also stands in later; the next one comes early when a round is exhausted,
    and none is taken back in the same turn. Help lanes are the router's own
    (`Plan.widenings`): nobody else names them. `target_ms`: within which it
    should be answered, for the service level; 0 for no target. `given_up_by`:
    listeners who handed it over; none of them is offered it while anybody
    else is present who can serve it.
    """

    contact_id: UUID
    version: int
    turn: int
    lanes: tuple[str, ...]
    channel: str
    rank: int
    waiting_since_ms: int
    offerable: bool = True
    preferred_listener: UUID | None = None
    preferred_until_ms: int = 0
    widenings: tuple[Widening, ...] = ()
    target_ms: int = 0
    given_up_by: tuple[UUID, ...] = ()


class Load(NamedTuple):
    """One open engagement of a listener; its id fences a late `finish`."""

    contact_id: UUID
    channel: str
    engagement_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ListenerPresence:
    """A listener's presence, as PostgreSQL has it at `version`.

    `state` is a PresenceState; only `ready` is offered contacts. `load`: her
    open engagements, write-ups included; pairs (contact_id, channel) are
    taken as well as `Load`. `chats_beside_call`: how many chats she takes
    beside one call; None for the plan's own.
    """

    listener_id: UUID
    session_id: UUID
    version: int
    profile_id: str
    state: str
    max_chats: int
    load: Sequence[Load | tuple[UUID, str]] = ()
    lease_ms: int = 20_000
    chats_beside_call: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A leased, exclusive proposal of a contact to a listener. Times by Redis's clock."""

    offer_id: UUID
    contact_id: UUID
    listener_id: UUID
    session_id: UUID
    turn: int
    lane: str
    channel: str
    offered_at_ms: int
    expires_at_ms: int
    state: OfferState
    seen: bool = False


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Answer to `accept`; `contact_id` and `turn` are set on DONE and ALREADY."""

    step: Step
    contact_id: UUID | None = None
    turn: int = 0


@dataclass(frozen=True, slots=True)
class RoutingEvent:
    """One entry of the stream; ids are None where they do not apply."""

    kind: EventKind
    listener_id: UUID | None = None
    contact_id: UUID | None = None
    offer_id: UUID | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What one sweep found, for the caller to record in PostgreSQL and to act on.

    The index has already acted, except on `stuck_accepting` (ask PostgreSQL,
    then `confirm` or `release`) and `wrap_ups_over` (end the write-up, then
    `finish`): those are reported again until they are settled.
    """

    expired: list[Offer] = field(default_factory=list)  # missed: counts as a miss
    unseen: list[Offer] = field(default_factory=list)  # never reached her desk: no miss
    withdrawn: list[Offer] = field(default_factory=list)  # taken back: her lease ran out
    stuck_accepting: list[Offer] = field(default_factory=list)
    leases_lost: list[UUID] = field(default_factory=list)
    asked: list[UUID] = field(default_factory=list)  # listeners with two misses: are you there?
    exhausted: list[UUID] = field(default_factory=list)  # contacts whose round ended in vain
    wrap_ups_over: list[tuple[UUID, UUID]] = field(default_factory=list)  # (listener, contact)
    widened: list[UUID] = field(default_factory=list)  # contacts that stand in more lanes now
    offered: list[Offer] = field(default_factory=list)  # pairs the safety net made

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to record or to act on."""
        return not any(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class LaneLoad:
    """Who waits in a lane, contacts being offered included; `oldest_since_ms` None when empty.

    `flow`: what became of its contacts over the sliding window
    (`Limits.flow_ms`). `present`: ready listeners who have it as first choice.
    """

    waiting: int
    oldest_since_ms: int | None
    flow: Flow = field(default_factory=Flow)
    present: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """The live picture of a pool, from counters alone."""

    now_ms: int
    lanes: dict[str, LaneLoad]
    free: dict[str, int]  # standing profile (`~chat` ones too) → free listeners
    present: dict[str, int]  # profile → listeners signed in and ready, busy ones too
    window_ms: int = 0  # how far back the flows go


@dataclass(frozen=True, slots=True)
class IndexedContact:
    """A contact as the index has it, for the reconciler to hold against PostgreSQL."""

    contact_id: UUID
    version: int
    turn: int
    lane: str
    offer_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class IndexedListener:
    """A listener with a lease as the index has her, for the reconciler."""

    listener_id: UUID
    session_id: UUID | None
    version: int
    state: str
    profile_id: str
    offer_id: UUID | None = None
    load: tuple[Load, ...] = ()


class ContactPage(NamedTuple):
    """A page of the index's contacts; `after` is where the next begins, None at the end."""

    entries: list[IndexedContact]
    after: str | None


class ListenerPage(NamedTuple):
    """A page of the index's listeners; `after` is where the next begins, None at the end."""

    entries: list[IndexedListener]
    after: str | None
