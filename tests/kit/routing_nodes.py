"""What nodes do around a truth and an index: commit, tell the index, then act.

Small on purpose: what contactcenter/centre/queue does around the router, with
every message in hand, so that a test may delay, lose, double and reorder them,
and let a node die between any two steps. Facts go to the laws as they happen.
"""

from collections import deque
from uuid import UUID

from config.vocabulary import PresenceState
from routing.model import EventKind, Offer, Step, SweepReport
from tests.kit.routing_laws import (
    Bounds,
    Calm,
    Laws,
    Offered,
    OfferOver,
    RoundOver,
    Shaken,
)
from tests.kit.routing_truth import HEAD_STARTS_MS, Truth
from tests.kit.routing_twin import Twin

Message = tuple[str, tuple[object, ...]]

SWEEP_MS = 500
HEARTBEAT_MS = 5_000
REFUSED = ("declined", "expired", "unseen", "released")
GONE = (EventKind.LEASE_LOST, EventKind.LISTENER_ASKED)
KEPT_MESSAGES = 20


class Nodes:
    """Messages, accepts, sweeps and heartbeats, one thing at a time."""

    def __init__(self, twin: Twin) -> None:
        self.twin, self.model, self.plan = twin, twin.model, twin.plan
        bounds = Bounds(max(HEAD_STARTS_MS.values()), side_by_side_ms=SWEEP_MS, found_ms=0)
        self.laws = Laws(bounds)
        self.at_ms = 0
        self.truth = Truth(self.laws.note, self.now, self._lanes_of, self._help_of)
        self.mail: list[Message] = []  # on its way to the index, in no order
        self.sent: deque[Message] = deque(maxlen=KEPT_MESSAGES)
        self.slow_accepts: list[Offer] = []  # reserved, not committed: a node is slow, or dead
        self.silent: set[UUID] = set()  # listeners whose sockets say nothing
        self.desks_show = False  # whether offers made meanwhile are seen
        self.beats_at = 0
        self.in_line = True  # whether the index has been told everything
        self.mended_from = 0  # a whole pass begun from here on brings it in line again
        self.in_round: set[UUID] = set()  # contacts whose round goes on

    def _lanes_of(self, profile: str) -> tuple[str, ...]:
        return tuple(lane for lane in self.plan.profiles[profile] if "!" not in lane)

    def _help_of(self, profile: str) -> tuple[tuple[str, int], ...]:
        parts = [lane.partition("!") for lane in self.plan.profiles[profile]]
        return tuple((lane, int(after)) for lane, _, after in parts if after)

    def now(self) -> int:
        """The instant that facts carry: the index's, which never moves back."""
        self.at_ms = max(self.at_ms, self.model.now)
        return self.at_ms

    def disturb(self, *, for_ms: int = 0) -> None:
        """Index and truth may differ until a pass that begins when young entries have settled."""
        if self.in_line:
            self.laws.note(Shaken(self.now()))
        self.in_line = False
        wait = self.plan.limits.settle_ms + for_ms
        from_ms = max(self.model.now, self.model.clock) + wait
        self.mended_from = max(self.mended_from, from_ms)

    # The index is told.

    def tell(self, fate: str, name: str, *args: object) -> None:
        """Send a message; its fate: at once, late, lost, or twice."""
        message = (name, args)
        if fate != "now":
            self.disturb()
        if fate in ("late", "twice"):
            self.mail.append(message)
        if fate in ("now", "twice"):
            self.deliver(message)

    def deliver(self, message: Message) -> None:
        name, args = message
        self.sent.append(message)
        answer = getattr(self.twin, name)(*args)
        if name == "confirm" and answer is Step.UNKNOWN:
            self.disturb()
        self.observe()

    def observe(self) -> None:
        """Turn what the stream tells, and what rounds ended, into facts."""
        for kind, listener, contact, offer, _ in self.twin.compare_events():
            if kind is EventKind.OFFERED and offer is not None:
                made = self.model.offers[offer].offer
                self.laws.note(Offered(self.now(), offer, contact, listener, made.turn))
                if self.desks_show:
                    self.twin.seen(made)
            elif kind is EventKind.OFFER_CLOSED and offer is not None:
                self._note_over(offer)
            elif kind in GONE and listener is not None:
                self.truth.tell_presence(listener, is_leased=False)
        in_round = {id_ for id_, known in self.model.contacts.items() if known.skip}
        for id_ in self.in_round - in_round:
            self.laws.note(RoundOver(self.now(), id_))
        self.in_round = in_round

    def _note_over(self, offer_id: UUID) -> None:
        state, again = self.model.offers[offer_id].state, None
        if state in ("expired", "unseen"):
            again = self.now() + (self.plan.limits.rest_ms if state == "unseen" else 0)
        refused = state in REFUSED
        self.laws.note(OfferOver(self.now(), offer_id, refused=refused, again_ms=again))

    def match(self, lanes: tuple[str, ...]) -> None:
        self.twin.match(lanes)
        self.observe()

    def match_listener(self, listener_id: UUID) -> None:
        self.twin.match_listener(listener_id)
        self.observe()

    def tell_contact(self, contact_id: UUID, fate: str = "now") -> None:
        """Commit came first; now the index: waiting, or gone."""
        contact = self.truth.contacts[contact_id]
        if contact.state == "waiting":
            self.tell(fate, "enqueue", contact.as_waiting())
            self.match(contact.lanes)
        else:
            self.tell(fate, "cancel", contact_id, contact.version)
            self.match_all()

    def tell_listener(self, listener_id: UUID, fate: str = "now") -> None:
        self.tell(fate, "set_presence", self.truth.entry(listener_id))
        if fate == "now":
            self.match_listener(listener_id)

    def match_all(self) -> None:
        """Offer on whatever came free; the service asks for each listener and lane by name."""
        while True:
            before = len(self.model.offers)
            self.match(tuple(self.plan.channel_of))
            if len(self.model.offers) == before:
                return

    # An accept, in four steps, any of which may be the last one a node takes.

    def accept(self, offer: Offer, crash_after: int, fate: str) -> None:
        step = self.twin.accept(offer)
        self.observe()
        if step not in (Step.DONE, Step.ALREADY):
            return
        if crash_after == 1:
            self.slow_accepts.append(offer)
            return
        self.commit(offer, crash_after, fate)

    def commit(self, offer: Offer, crash_after: int = 0, fate: str = "now") -> None:
        """The transaction, then what the index is told of its outcome."""
        outcome = self.truth.accept(offer)
        if crash_after == 2:
            self.disturb()
            return
        if outcome in ("done", "again"):
            version = self.truth.confirmed_version(offer.contact_id)
            self.tell(fate, "confirm", offer.offer_id, version)
        else:
            self.tell(fate, "release", offer.offer_id, outcome == "contact_gone")
            if outcome == "over_capacity":
                self.tell_listener(offer.listener_id, fate)
        self.match_all()

    def finish(self, engagement_id: UUID, fate: str) -> None:
        """An engagement ended: her capacity is back."""
        one = self.truth.engagements[engagement_id]
        self.tell(fate, "finish", one.listener_id, one.contact_id, engagement_id)
        self.match_listener(one.listener_id)

    # Time.

    def pass_time(self, ms: int) -> None:
        """Let time pass with its sweeps and heartbeats; sweeps that would find nothing are left out."""
        until = self.model.clock + ms
        due: int | None = self.model.now  # what an act left unpaired, the next sweep pairs
        while self.model.clock < until:
            # Behind a clock set back the index's time goes slower: never sooner than this.
            sweeps = 1 if due is None else -((self.model.now - due) // SWEEP_MS)
            step = ms if due is None else max(1, sweeps) * SWEEP_MS
            beat = max(1, self.beats_at - self.model.clock)
            self.model.clock += min(step, beat, until - self.model.clock)
            if self.model.clock >= self.beats_at:
                self.heartbeats()
            self.sweep()
            due = self.model.next_due()

    def jump(self, ms: int) -> None:
        """The clock moves at one stroke; nobody could sweep what came due meanwhile."""
        if self.in_line:
            self.laws.note(Shaken(self.now()))
        self.model.clock += ms
        self.beats_at = 0
        self.sweep()
        if self.in_line:
            self.laws.note(Calm(self.now()))
        self.heartbeats()

    def heartbeats(self) -> None:
        self.beats_at = self.model.clock + HEARTBEAT_MS
        for id_, listener in self.truth.listeners.items():
            if listener.session is None or id_ in self.silent:
                continue
            if listener.state is PresenceState.OFFLINE:
                continue
            if not self.twin.heartbeat(id_, listener.session):
                self.truth.tell_presence(id_)
                self.tell_listener(id_)
        self.observe()

    def sweep(self, *, report_lost: bool = False) -> None:
        report = self.twin.sweep()
        self.observe()
        if not report_lost:
            self._follow(report)
        elif not report.is_empty:
            self.disturb()

    def _follow(self, report: SweepReport) -> None:
        for offer in report.stuck_accepting:
            self._settle(offer)
        for id_ in report.asked:
            self._conclude(id_, PresenceState.ASKED)
        for id_ in report.leases_lost:
            self._conclude(id_, PresenceState.OFFLINE)
        for listener_id, contact_id in report.wrap_ups_over:
            self._end_wrap_up(listener_id, contact_id)
        self.match_all()

    def _end_wrap_up(self, listener_id: UUID, contact_id: UUID) -> None:
        """Her time for a write-up is over: her capacity is back, whether or not it was hers."""
        engagement_id = None
        for one in self.truth.open_of(listener_id):
            if one.contact_id == contact_id and one.wrapping:
                engagement_id = one.engagement_id
                self.truth.end(one)
        self.tell("now", "finish", listener_id, contact_id, engagement_id)

    def _settle(self, offer: Offer) -> None:
        """Ask the truth what became of an accept whose node fell silent."""
        engagement = self.truth.engagements.get(offer.offer_id)
        if engagement is None:
            self.tell("now", "release", offer.offer_id, False)
        else:
            version = self.truth.confirmed_version(offer.contact_id)
            self.tell("now", "confirm", offer.offer_id, version)

    def _conclude(self, listener_id: UUID, state: PresenceState) -> None:
        known = self.truth.listeners[listener_id]
        if known.state not in (PresenceState.OFFLINE, state):
            self.truth.declare(listener_id, state)
        self.tell_listener(listener_id)
