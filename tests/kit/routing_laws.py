"""The laws of routing, judged from a trace of facts alone: no engine, no clock, no randomness.

Whoever drives an engine (the stateful tests, the simulation) notes what
PostgreSQL committed and what the index offered, in the order of `at_ms`:

    laws = Laws(Bounds(side_by_side_ms=600, largest_head_start_ms=900_000))
    laws.note(Present(0, "anne", ready=True, lanes=("dlpm:minors:call:fr",)))
    laws.note(Waits(5, "c1", turn=1, lanes=("dlpm:minors:call:fr",), channel="call", band=1,
                    queued_ms=5, head_start_ms=0))
    laws.note(Offered(6, "o1", "c1", "anne"))
    laws.note(Taken(900, "o1", "c1", "anne", turn=1))
    laws.note(Freed(60_000, "o1"))
    laws.note(Left(60_000, "c1"))
    verdict = laws.finish(61_000)
    verdict.broken      # list of Broken(law, at_ms, contact, listener, detail)
    verdict.counts()    # law → how often broken; all laws are named, 0 is good
    verdict.judged      # law → how often it was examined; 0 means that nothing was proven

Ids are anything hashable. A fact about the truth is noted when it commits, a
fact about an offer when the index made or ended it. `Shaken` says that the
index was disturbed: order and side by side are not judged until it is over.
"""

from collections.abc import Iterable

from tests.kit.routing_facts import (
    Arrived,
    Calm,
    Fact,
    Freed,
    Held,
    Id,
    Indexed,
    Left,
    Offered,
    OfferOver,
    Present,
    RoundOver,
    Shaken,
    Taken,
    Waits,
)
from tests.kit.routing_pairs import FOR_EVER, Pairs
from tests.kit.routing_trace import TracedContact, TracedListener
from tests.kit.routing_verdict import Bounds, Broken, Law, Verdict

__all__ = [
    "Arrived", "Bounds", "Broken", "Calm", "Fact", "Freed", "Held", "Indexed", "Law", "Laws", "Left",
    "OfferOver", "Offered", "Present", "RoundOver", "Shaken", "Taken", "Verdict", "Waits", "judge",
]  # fmt: skip


class Laws(Pairs):
    """Judges facts as they are noted; bounded work for each, so that days can be judged."""

    def __init__(self, bounds: Bounds) -> None:
        super().__init__(bounds)
        self._contacts: dict[Id, TracedContact] = {}
        self._listeners: dict[Id, TracedListener] = {}
        self._offers: dict[Id, tuple[Id, Id]] = {}
        self._engagements: dict[Id, tuple[Id, Id]] = {}

    def note(self, fact: Fact) -> None:
        """Take one fact in; its time is never before the last one's."""
        assert fact.at_ms >= self._now, "facts come in the order of time"
        self._pass_to(fact.at_ms)
        getattr(self, f"_{type(fact).__name__.lower()}")(fact)

    def finish(self, at_ms: int) -> Verdict:
        """Judge the end: whoever arrived waits, is with somebody, or has left."""
        self._pass_to(at_ms)
        for id_, contact in self._contacts.items():
            settled = contact.left or contact.waits is not None or contact.owner is not None
            overdue = at_ms - contact.arrived_ms > self.bounds.found_ms
            self._judge(Law.NONE_LOST, settled or not overdue, contact=id_, detail="never queued")
        return self.verdict

    # The truth.

    def _arrived(self, fact: Arrived) -> None:
        self._contacts.setdefault(fact.contact, TracedContact(fact.at_ms))

    def _waits(self, fact: Waits) -> None:
        contact = self._contacts.setdefault(fact.contact, TracedContact(fact.at_ms))
        is_new_turn = contact.waits is None or contact.waits.turn != fact.turn
        free = contact.owner is None
        self._judge(Law.ONE_OWNER, free, fact.contact, detail="waits while somebody has it")
        if is_new_turn:
            self._let_go(contact)
            contact.waits_since_ms, contact.refused_by, contact.left = fact.at_ms, {}, False
            contact.held = not fact.offerable
            contact.offer = None  # one of an earlier turn may be in an accept still: it is fenced
        contact.waits = fact
        self._settle_contact(fact.contact, moved=True)

    def _held(self, fact: Held) -> None:
        self._contacts[fact.contact].held = fact.held
        self._settle_contact(fact.contact)

    def _left(self, fact: Left) -> None:
        contact = self._contacts.setdefault(fact.contact, TracedContact(fact.at_ms))
        contact.waits, contact.left, contact.left_ms = None, True, fact.at_ms
        contact.offer = None
        self._settle_contact(fact.contact)

    def _taken(self, fact: Taken) -> None:
        contact, listener = self._contacts[fact.contact], self._listeners[fact.listener]
        waits = contact.waits
        self._judge(
            Law.ONE_OWNER,
            contact.owner is None and waits is not None and waits.turn == fact.turn,
            fact.contact,
            fact.listener,
            "taken while with somebody, gone, or in another turn",
        )
        channel = waits.channel if waits else "call"
        fits = channel in listener.channels(ready=False)
        self._judge(Law.CAPACITY, fits, fact.contact, fact.listener, f"{channel} beside too much")
        contact.waits, contact.owner, contact.left_ms = None, fact.engagement, fact.at_ms
        contact.offer = None
        listener.open[fact.engagement] = channel
        self._engagements[fact.engagement] = (fact.contact, fact.listener)
        self._settle_contact(fact.contact)
        self._settle_listener(fact.listener)

    def _freed(self, fact: Freed) -> None:
        contact_id, listener_id = self._engagements.pop(fact.engagement, (None, None))
        if contact_id is None:
            return
        contact = self._contacts[contact_id]
        if contact.owner == fact.engagement:
            contact.owner, contact.left = None, True
        self._listeners[listener_id].open.pop(fact.engagement, None)
        self._settle_listener(listener_id)

    def _present(self, fact: Present) -> None:
        listener = self._listeners.setdefault(fact.listener, TracedListener(fact))
        listener.present, listener.present_since_ms = fact, fact.at_ms
        self._help_after.update(after for _, after in fact.help)
        self._settle_listener(fact.listener)

    # The index.

    def _offered(self, fact: Offered) -> None:
        contact = self._contacts.setdefault(fact.contact, TracedContact(fact.at_ms))
        listener = self._listeners[fact.listener]
        waits = contact.waits
        # One of an earlier turn holds its listener only: nobody can commit its accept any more.
        holds = waits is not None and fact.turn in (None, waits.turn)
        alone = listener.offer is None and not (holds and contact.offer is not None)
        self._judge(Law.ONE_OFFER, alone, fact.contact, fact.listener, "a second living offer")
        if self._now >= self._calm_from_ms:
            self._judge_offer(fact, contact, listener)
        contact.offer = fact.offer if holds else contact.offer
        listener.offer = fact.offer
        self._offers[fact.offer] = (fact.contact, fact.listener)
        self._settle_contact(fact.contact)
        self._settle_listener(fact.listener)

    def _offerover(self, fact: OfferOver) -> None:
        contact_id, listener_id = self._offers.pop(fact.offer, (None, None))
        if contact_id is None:
            return
        contact, listener = self._contacts[contact_id], self._listeners[listener_id]
        if contact.offer == fact.offer:
            contact.offer = None
            if fact.refused:
                contact.refused_by[listener_id] = fact.again_ms
                if fact.again_ms is not None:
                    self._look_at(fact.again_ms, contact=contact_id)
        if listener.offer == fact.offer:
            listener.offer = None
        self._settle_contact(contact_id)
        self._settle_listener(listener_id)

    def _roundover(self, fact: RoundOver) -> None:
        contact = self._contacts[fact.contact]
        self._let_go(contact)
        contact.refused_by.clear()
        if contact.stands_since_ms is not None:
            contact.stands_since_ms = self._now
            self._look_at_contact(fact.contact, contact.waits)

    def _indexed(self, fact: Indexed) -> None:
        for id_, contact in self._contacts.items():
            if contact.waits is not None and self._now - contact.waits_since_ms > self._found_ms:
                known = id_ in fact.waiting
                self._judge(Law.NONE_LOST, known, id_, detail="waits, but not in the index")
        for id_ in fact.waiting:
            found = self._contacts.get(id_)
            gone = found is None or (
                found.waits is None and self._now - found.left_ms > self._found_ms
            )
            self._judge(Law.NONE_LOST, not gone, id_, detail="in the index, but does not wait")

    def _shaken(self, fact: Shaken) -> None:
        until_ms = FOR_EVER if fact.until_ms is None else fact.until_ms
        self._calm_from_ms = max(self._calm_from_ms, until_ms)
        self._look_at(until_ms)
        if fact.forgets:
            for offer in list(self._offers):
                self._offerover(OfferOver(fact.at_ms, offer))
            for contact in self._contacts.values():
                contact.refused_by.clear()

    def _calm(self, fact: Calm) -> None:
        self._calm_from_ms = fact.at_ms
        self._look_at(fact.at_ms)

    # Judging.

    @property
    def _found_ms(self) -> int:
        return self.bounds.found_ms

    def _judge_offer(self, fact: Offered, contact: TracedContact, listener: TracedListener) -> None:
        """What the truth has known for long enough is kept to in an offer already."""
        heard = self._now - self.bounds.told_ms
        waits = contact.waits
        if waits is None:
            late = contact.left_ms <= heard
            self._judge(
                Law.ONE_OWNER, not late, fact.contact, fact.listener, "offered, but does not wait"
            )
            return
        if listener.since_ms <= heard:
            fits = listener.present.ready and waits.channel in listener.channels(ready=False)
            self._judge(Law.CAPACITY, fits, fact.contact, fact.listener, "offered beyond it")
        self._judge_order(fact.contact, waits, fact.listener, listener)
        self._judge_danger(fact.contact, waits, fact.listener, listener)
        self._judge_not_back(fact.contact, waits, fact.listener)

    def _judge_order(self, id_: Id, waits: Waits, who: Id, listener: TracedListener) -> None:
        """Nobody whom she serves in a lane of theirs was to be offered to her before."""
        if waits.excepted or (waits.preferred == who and waits.preferred_until_ms >= self._now):
            return
        shared = set(waits.lanes) & set(listener.present.lanes)
        takes = listener.channels()
        for other_id, other in self._standing.items():
            held = other.waits
            assert held is not None
            if other_id == id_ or who in other.refused_by or held.prefers(self._now):
                continue
            if who in held.given_up_by:
                continue
            if (other.stands_since_ms or 0) > self._now - self.bounds.told_ms:
                continue
            if held.channel not in takes or shared.isdisjoint(held.lanes):
                continue
            within = waits.queued_ms <= held.queued_ms + self.bounds.largest_head_start_ms
            lawful = waits.band == 0 or (held.band == 1 and within)
            self._judge(Law.ORDER, lawful, other_id, who, f"overtaken by {id_}")

    def _judge_danger(self, id_: Id, waits: Waits, who: Id, listener: TracedListener) -> None:
        """Nothing lesser is offered to a listener who may take a U1 that waits, refused or not."""
        heard = self._now - self.bounds.told_ms
        passed = [
            other_id
            for other_id, other in self._standing.items()
            if other.waits is not None
            and other.waits.band == 0
            and (other.stands_since_ms or 0) <= heard
            and other.waits.channel in listener.channels()
            and who not in other.waits.given_up_by
            and other.waits.is_for(who, listener.present, heard)
        ]
        lawful = waits.band == 0 or not passed or listener.since_ms > heard
        self._judge(Law.DANGER_FIRST, lawful, id_, who, f"while {passed[:1]} waits")

    def _judge_not_back(self, id_: Id, waits: Waits, who: Id) -> None:
        """Who handed it over is offered it only when nobody else present serves it."""
        if not waits.given_up_by:
            return
        since = waits.at_ms if waits.waiting_since_ms is None else waits.waiting_since_ms
        heard = self._now - self.bounds.told_ms
        others = [
            other_id
            for other_id, other in self._listeners.items()
            if other_id != who
            and other.present.ready
            and other.present.leased
            and other.present_since_ms <= heard
            and not set(waits.lanes).isdisjoint(other.present.lanes)
        ]
        waited_out = waits.band == 0 and self._now - since >= self.bounds.round_ms
        preferred = waits.preferred == who and waits.preferred_until_ms >= self._now
        lawful = who not in waits.given_up_by or waited_out or preferred or not others
        self._judge(Law.NOT_BACK, lawful, id_, who, f"beside {others[:1]}")

    def _let_go(self, contact: TracedContact) -> None:
        """Whoever had refused one in danger may be offered lesser ones from now on."""
        for id_ in contact.refused_by:
            listener = self._listeners[id_]
            listener.unheld_ms = self._now
            if id_ in self._free:
                self._look_at(self._now, listener=id_)

    def _settle_contact(self, id_: Id, *, moved: bool = False) -> None:
        contact = self._contacts[id_]
        stands = contact.waits is not None and contact.offer is None and not contact.held
        if not stands:
            self._standing.pop(id_, None)
            self.verdict.judged[Law.SIDE_BY_SIDE] += contact.stands_since_ms is not None
            if contact.stands_since_ms is not None:
                self._let_go(contact)
            contact.stands_since_ms = None
        elif moved or contact.stands_since_ms is None:
            contact.stands_since_ms = self._now
            self._standing[id_] = contact
            self._look_at_contact(id_, contact.waits)

    def _settle_listener(self, id_: Id) -> None:
        listener = self._listeners[id_]
        listener.since_ms = self._now
        self._told = {pair for pair in self._told if pair[1] != id_}
        if listener.channels():
            self._free[id_] = listener
            self._look_at(self._now, listener=id_)
        else:
            self._free.pop(id_, None)


def judge(trace: Iterable[Fact], bounds: Bounds, at_ms: int | None = None) -> Verdict:
    """Judge a whole trace; `at_ms` is its end, the last fact's time unless told."""
    laws = Laws(bounds)
    last = 0
    for fact in trace:
        laws.note(fact)
        last = fact.at_ms
    return laws.finish(last if at_ms is None else at_ms)
