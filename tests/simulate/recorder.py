"""What happened, as the facts that the laws of routing are judged on.

The truth's facts are noted when they commit. A change is held back from the
laws of order for `GRACE`: by then the index must have been told, whatever
became of the message that should have told it.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from config.clock import milliseconds
from config.vocabulary import ContactState, EngagementState, PresenceState
from contactcenter.centre.queue.placement import Placements
from records.contacts.snapshot import ContactSnapshot
from records.engagements.engagement import Engagement
from records.presence import ListenerRow
from routing.plan import Plan
from tests.kit.routing_laws import (
    Arrived,
    Bounds,
    Fact,
    Freed,
    Held,
    Indexed,
    Laws,
    Left,
    Offered,
    OfferOver,
    Present,
    RoundOver,
    Shaken,
    Taken,
    Waits,
)
from tests.simulate.truth.store import OPEN, Store
from tests.simulate.virtual_time import VirtualClock, VirtualLoop

# The reconciler looks at what changed every 2 or 3 s, and a node that holds its lock may just have died.
GRACE = 10.0
# A listener's lost message is told again with what changed; the index believes what it was told
# itself for settle_ms (10 s) first, and the message that tells it again may be lost or held up too.
TOLD_AGAIN = 25.0
# The end of a write-up is told by a node's clock, and found by the index's.
CLOCKS_APART = 0.2
# What a sweep does is done this much later at most: it may be lost, and the next held up.
SWEPT = 15.0
REFUSED = frozenset({"declined", "expired", "unseen", "released"})


class Recorder:
    """Notes facts in the order of virtual time, and what else must hold."""

    def __init__(
        self,
        loop: VirtualLoop,
        clock: VirtualClock,
        plan: Plan,
        placements: Placements,
        store: Store,
        largest_head_start_ms: int,
    ) -> None:
        """Judge what `store` comes to hold."""
        self._loop = loop
        self._clock = clock
        self._plan = plan
        self._placements = placements
        self._store = store
        self._asleep: set[UUID] = set()
        self._calm_from = 0.0
        self.laws = Laws(
            Bounds(
                largest_head_start_ms=largest_head_start_ms,
                side_by_side_ms=int(TOLD_AGAIN * 1000),
                told_ms=int(TOLD_AGAIN * 1000),
                found_ms=int(TOLD_AGAIN * 1000),
            )
        )
        self.counts: Counter[str] = Counter()
        self._open: set[UUID] = set()  # offers
        limits = plan.limits
        self._offers_end_within = SWEPT + (limits.offer_ms + limits.accepting_ms) / 1000
        self.offers_judged = 0
        self.offers_without_end: list[str] = []
        self.accepts_acknowledged = 0
        self.accepts_not_stored: list[str] = []

    def note(self, fact: Fact) -> None:
        """Take one fact in."""
        self.laws.note(fact)

    def _at(self) -> int:
        return self._clock.ms()

    def _later(self, seconds: float, act: Callable[..., None], *args: Any) -> None:
        self._loop.call_later(seconds, act, *args)

    # The truth.

    def contact(self, before: ContactSnapshot | None, after: ContactSnapshot) -> None:
        """Take in a contact that has changed."""
        if before is None:
            self.note(Arrived(self._at(), after.contact_id))
        if after.state is ContactState.WAITING:
            self._waits(after)
        elif after.state is ContactState.CLOSED and (before is None or _stood(before)):
            self.note(Left(self._at(), after.contact_id))

    def _waits(self, contact: ContactSnapshot) -> None:
        assert contact.band is not None, "a waiting contact has a band"
        assert contact.queued_at is not None, "a waiting contact was queued"
        until = contact.preferred_until
        self.note(
            Waits(
                self._at(),
                contact.contact_id,
                turn=contact.turn,
                lanes=self._placements.waiting(contact).lanes,
                channel=contact.channel,
                band=contact.band,
                queued_ms=milliseconds(contact.queued_at),
                head_start_ms=contact.head_start_ms,
                waiting_since_ms=milliseconds(contact.waiting_since or contact.queued_at),
                excepted=contact.returned,
                offerable=False,
                preferred=contact.preferred_listener_id,
                preferred_until_ms=milliseconds(until) if until else 0,
                given_up_by=contact.given_up_by,
            )
        )
        self.note(Held(self._at(), contact.contact_id, held=True))
        self._later(GRACE, self._is_told, contact)

    def _is_told(self, contact: ContactSnapshot) -> None:
        now = self._store.contacts[contact.contact_id]
        if now.version == contact.version:
            self.note(Held(self._at(), contact.contact_id, held=False))

    def engagement(self, before: Engagement | None, after: Engagement) -> None:
        """Take in an engagement that has changed."""
        if before is None:
            self.note(
                Taken(
                    self._at(),
                    after.engagement_id,
                    after.contact_id,
                    after.listener_id,
                    after.turn,
                )
            )
        elif after.state not in OPEN and before.state in OPEN:
            self._freed(after.engagement_id)
        elif after.state is EngagementState.WRAP_UP and after.wrap_up_until is not None:
            self._later(self._until(after.wrap_up_until), self._freed, after.engagement_id)

    def _until(self, instant: datetime) -> float:
        return max(0.0, (milliseconds(instant) - self._at()) / 1000 - CLOCKS_APART)

    def _freed(self, engagement_id: UUID) -> None:
        self.note(Freed(self._at(), engagement_id))

    def listener(self, row: ListenerRow) -> None:
        """Take in a presence that has changed."""
        profile = self._plan.profiles.get(row.profile_id, ())
        ready = row.state is PresenceState.READY and row.staff_id not in self._asleep
        self.note(
            Present(
                self._at(),
                row.staff_id,
                ready=ready,
                lanes=tuple(lane for lane in profile if "!" not in lane),
                help=tuple(_help(lane) for lane in profile if "!" in lane),
                max_chats=row.max_chats,
                chats_beside_call=row.chats_beside_call,
            )
        )

    def acknowledged(self, offer_id: UUID, contact_id: UUID, listener_id: UUID) -> None:
        """Check that what a listener was told is stored: hers, and this very contact."""
        self.accepts_acknowledged += 1
        made = self._store.engagements.get(offer_id)
        if made is None or (made.contact_id, made.listener_id) != (contact_id, listener_id):
            self.accepts_not_stored.append(f"offer {offer_id}, contact {contact_id}")

    def awake(self, staff_id: UUID, is_awake: bool) -> None:
        """Note that a listener's desk stopped giving signs of life, or gives them again."""
        (self._asleep.discard if is_awake else self._asleep.add)(staff_id)
        row = self._store.listeners.get(staff_id)
        if row is not None:
            self.listener(row)

    # The index.

    def told(self, event: dict[str, str]) -> None:
        """Take in a routing event."""
        kind, at = event["kind"], self._at()
        self.counts[kind] += 1
        if kind == "offered":
            offer, contact, listener = (UUID(event[k]) for k in ("offer", "contact", "listener"))
            self.note(Offered(at, offer, contact, listener))
            self._open.add(offer)
            self._later(self._offers_end_within, self._is_over, offer)
        elif kind == "offer_closed":
            self._open.discard(UUID(event["offer"]))
            self._offer_over(at, UUID(event["offer"]), event["reason"])
        elif kind == "round_exhausted":
            self._later(GRACE, self._round_over, UUID(event["contact"]))

    def _offer_over(self, at: int, offer_id: UUID, reason: str) -> None:
        again = {"expired": at, "unseen": at + self._plan.limits.rest_ms}.get(reason)
        self.note(OfferOver(at, offer_id, refused=reason in REFUSED, again_ms=again))

    def _is_over(self, offer_id: UUID) -> None:
        """Judge that an offer has ended in its time; not if the index may have forgotten it."""
        if self.is_calm:
            self.offers_judged += 1
            if offer_id in self._open:
                self.offers_without_end.append(f"offer {offer_id} at {self._at()}")

    def _round_over(self, contact_id: UUID) -> None:
        self.note(RoundOver(self._at(), contact_id))

    def shaken(self, seconds: float, forgets: bool) -> None:
        """Note that the index is disturbed from now on, for so long."""
        self._calm_from = max(self._calm_from, self._loop.time() + seconds)
        self.note(Shaken(self._at(), self._at() + int(seconds * 1000), forgets=forgets))

    @property
    def is_calm(self) -> bool:
        """Say whether the index was not disturbed lately."""
        return self._loop.time() > self._calm_from

    def indexed(self, waiting: frozenset[UUID]) -> None:
        """Compare what the index holds, unless it was disturbed lately."""
        if self.is_calm:
            self.note(Indexed(self._at(), waiting))


def _stood(before: ContactSnapshot) -> bool:
    return before.state in (ContactState.ARRIVING, ContactState.WAITING, ContactState.ACTIVE)


def _help(lane: str) -> tuple[str, int]:
    name, _, after_ms = lane.partition("!")
    return name, int(after_ms)
