"""Steps of the router in no order at all: versions, sessions and engagements late, repeated, made up.

Every act takes one or a few steps on both sides (see Twin); what it does is
chosen from outside, never by chance. The order that the service keeps to is in
routing_evening.
"""

from dataclasses import replace
from typing import Any

from routing.flow import Flow, FlowRow
from routing.model import Load, Offer, Step, Widening
from routing.rank import BAND
from tests.kit.pools import ADULT, CALL, CHAT, START_MS, ident
from tests.kit.routing_disorder_entries import CONTACTS, LANES, LISTENERS, TICKS_MS, Choose, Entries
from tests.kit.routing_plans import helping_plan
from tests.kit.routing_twin import Twin

# What needs an offer to be done to.
OF_OFFERS = (
    *["serve", "miss", "accept", "accept_slowly", "be_refused_by_all"],
    *["confirm", "release", "decline", "seen"],
)


class Disorder(Entries):
    """Whatever may be asked of the index."""

    ACTS = (
        *["enqueue"] * 6,
        *["match"] * 5,
        *["tick"] * 5,
        *["set_presence", "serve", "accept", "sweep", "finish"] * 3,
        *["confirm", "release", "decline", "miss", "cancel", "offerable"] * 2,
        *["accept_slowly", "be_refused_by_all", "lapse", "match_listener", "heartbeat"] * 2,
        *["rebuild_at_once", "match_contact", "seen", "wrap_up"],
        *["forget_contact", "forget_listener", "restore_flow"],
        *["set_clock_back", "take_snapshot", "roll_back"],
        *["begin_rebuild", "restore_contacts", "restore_listeners", "end_rebuild"],
    )

    def __init__(self, redis: Any, pool: str) -> None:
        """Begin with three listeners and four contacts."""
        super().__init__(Twin(redis, helping_plan(pool), START_MS))
        self.rebuilds: list[str] = []
        self.snapshots = [self.twin.snapshot()]
        for id_ in LISTENERS[:3]:
            self.twin.set_presence(self.presence(id_))
        for rank, id_ in enumerate(CONTACTS[:4]):
            self.twin.enqueue(self.contact(id_, BAND + rank))

    def act(self, name: str, choose: Choose) -> None:
        """Carry out one of ACTS, then hold all that can be read against the model."""
        if name in OF_OFFERS and not self.model.offers:
            self.make_offer()
        getattr(self, name if self.model.offers or name not in OF_OFFERS else "tick")(choose)
        self.twin.compare()
        self.twin.compare_events()

    def close(self) -> None:
        self.twin.wipe()
        self.twin.close()

    # Offers.

    def match(self, choose: Choose) -> None:
        self.twin.match(choose(LANES))

    def match_contact(self, choose: Choose) -> None:
        self.twin.match_contact(choose(CONTACTS))

    def match_listener(self, choose: Choose) -> None:
        self.twin.match_listener(choose(LISTENERS))

    def make_offer(self) -> None:
        """A listener and a contact anew, and the pair of them; none while the index is filled."""
        listener_id, contact_id = LISTENERS[-1], CONTACTS[-1]
        for id_ in (listener_id, contact_id):
            self.versions[id_] += 1
        self.turns[contact_id] += 1
        self.twin.set_presence(self.presence(listener_id))
        also = CHAT if self.lanes[contact_id] == (CHAT,) else ADULT
        wider = (Widening(self.model.now + 60_000, (also,)),)
        self.twin.enqueue(self.contact(contact_id, 0, widenings=wider))
        self.twin.match_listener(listener_id)

    def offer(self, choose: Choose) -> Offer:
        """One of the last offers, most often the newest."""
        recent = list(self.model.offers.values())[-4:]
        return choose([*recent, recent[-1], recent[-1]]).offer  # type: ignore[no-any-return]

    def serve(self, choose: Choose) -> None:
        """What goes well: an offer is made and shows, is accepted and confirmed."""
        offer = self.twin.match(choose(LANES)) or self.offer(choose)
        self.twin.seen(offer)
        if self.twin.accept(offer) is Step.DONE:
            self.versions[offer.contact_id] += 1
            self.twin.confirm(offer.offer_id, self.versions[offer.contact_id])

    def miss(self, choose: Choose) -> None:
        """An offer shows and nobody answers; her sockets live."""
        offer = self.offer(choose)
        self.twin.seen(offer)
        self.model.clock += 20_000
        self.twin.heartbeat(offer.listener_id, offer.session_id)
        self.twin.sweep()

    def accept(self, choose: Choose) -> None:
        """By her, in her session; or by another, or in an old session."""
        offer = self.twin.match(choose(LANES)) or self.offer(choose)
        who = choose([None, None, *LISTENERS[:2]])
        self.model.clock += choose([0, 0, 0, 20_000])
        self.twin.accept(offer, who, choose([None, None, None, ident("an old session")]))

    def confirm(self, choose: Choose) -> None:
        offer = self.offer(choose)
        self.twin.confirm(offer.offer_id, self.newer(offer.contact_id, choose))

    def release(self, choose: Choose) -> None:
        self.twin.release(self.offer(choose).offer_id, choose([False, True]))

    def accept_slowly(self, choose: Choose) -> None:
        """Reserved, taken for dead and given back, offered on: then its commit shows after all."""
        self.make_offer()
        offer = self.twin.match(choose(LANES)) or self.offer(choose)
        self.twin.accept(offer)
        self.twin.release(offer.offer_id, contact_gone=False)
        self.twin.match_contact(offer.contact_id)
        self.twin.confirm(offer.offer_id, self.newer(offer.contact_id, choose))

    def decline(self, choose: Choose) -> None:
        self.twin.decline(self.offer(choose))

    def be_refused_by_all(self, choose: Choose) -> None:
        """One contact comes back from desk after desk: a round in vain. Then it is raised."""
        self.make_offer()
        id_ = self.offer(choose).contact_id
        for _ in LISTENERS:
            known = self.model.contacts.get(id_)
            if known is not None and known.offer is not None:
                self.twin.decline(self.model.offers[known.offer].offer)
            self.twin.match_contact(id_)
        self.twin.sweep()
        known = self.model.contacts.get(id_)
        if known is not None and not known.gone:
            self.versions[id_] = known.version + 1
            self.twin.enqueue(replace(known.waiting, version=known.version + 1, rank=0))

    def seen(self, choose: Choose) -> None:
        self.twin.seen(self.offer(choose))

    # Time.

    def tick(self, choose: Choose) -> None:
        self.model.clock += choose(TICKS_MS)

    def set_clock_back(self, choose: Choose) -> None:
        """A fail-over to a server whose clock is behind: its time is not believed."""
        self.model.clock -= choose([1, 3_000, 60_000])

    def sweep(self, choose: Choose) -> None:
        self.twin.sweep()

    # The data set.

    def take_snapshot(self, choose: Choose) -> None:
        self.snapshots = [*self.snapshots[-1:], self.twin.snapshot()]

    def roll_back(self, choose: Choose) -> None:
        """A fail-over to a replica that lagged."""
        if choose([True, False]):
            self.twin.roll_back(choose(self.snapshots))
        else:
            self.take_snapshot(choose)

    def restore_flow(self, choose: Choose) -> None:
        """A minute that PostgreSQL counted, told again after a loss."""
        flow = Flow(answered=3, in_target=2, abandoned=1, waited_ms=9_000, longest_ms=5_000)
        at_ms = self.model.now - choose([0, 70_000, 400_000])
        self.twin.restore_flow([FlowRow(choose([CALL, CHAT]), at_ms, flow)])

    def begin_rebuild(self, choose: Choose) -> None:
        if choose([False, False, True]):
            self.twin.wipe()
        self.rebuilds.append(self.twin.begin_rebuild())

    def rebuild(self, choose: Choose) -> str:
        """One that was begun; an older one has been superseded."""
        if not self.rebuilds:
            self.begin_rebuild(choose)
        return str(choose([*self.rebuilds[-2:], self.rebuilds[-1]]))

    def rebuild_at_once(self, choose: Choose) -> None:
        """Nothing comes between the steps of a rebuild."""
        self.begin_rebuild(choose)
        name = self.rebuilds[-1]
        some = CONTACTS[choose([0, 2]) :]
        self.twin.restore_contacts(name, [self.contact(id_, 3) for id_ in some])
        self.twin.restore_listeners(name, [self.presence(id_) for id_ in LISTENERS[:2]])
        self.twin.end_rebuild(name)

    def restore_contacts(self, choose: Choose) -> None:
        ids = CONTACTS[choose([0, 2]) : choose([2, 4, 6])]
        given = [self.contact(id_, BAND + rank) for rank, id_ in enumerate(ids)]
        self.twin.restore_contacts(self.rebuild(choose), given)

    def restore_listeners(self, choose: Choose) -> None:
        load = [Load(choose(CONTACTS), "chat")] if choose([True, False]) else ()
        given = self.presence(choose(LISTENERS), load=load)
        self.twin.restore_listeners(self.rebuild(choose), [given])

    def end_rebuild(self, choose: Choose) -> None:
        self.twin.end_rebuild(self.rebuild(choose))
