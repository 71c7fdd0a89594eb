"""Steps of the router in no order at all: versions, sessions and engagements late, repeated, made up.

Every act takes one or a few steps on both sides (see Twin); what it does is
chosen from outside, never by chance. The order that the service keeps to is in
routing_evening.
"""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from config.vocabulary import PresenceState
from routing.flow import Flow, FlowRow
from routing.model import Left, ListenerPresence, Load, Offer, Step, WaitingContact, Widening
from tests.kit.pools import ADULT, CALL, CHAT, START_MS, ident
from tests.kit.routing_plans import helping_plan
from tests.kit.routing_twin import Twin

CONTACTS = [ident(f"c{i}") for i in range(6)]
LISTENERS = [ident(f"l{i}") for i in range(4)]
LANES = [(CALL,), (CHAT,), (ADULT,), (CALL, ADULT)]
PROFILES = ["both", "both", "both", "calls", "adults", "minors"]
STATES = [*[PresenceState.READY] * 6, PresenceState.BREAK, PresenceState.OFFLINE]
TICKS_MS = [1, 1, 900, 2_000, 2_000, 10_000, 20_000, 30_000]
# A late write, the same again, new ones.
VERSIONS = [-1, 0, 1, 1, 1]

Choose = Callable[[Sequence[Any]], Any]


class Disorder:
    """Contacts and listeners of the index, and whatever may be asked of it."""

    ACTS = (
        *["enqueue"] * 6,
        *["match"] * 5,
        *["tick"] * 5,
        *["set_presence", "serve", "sweep", "finish"] * 3,
        *["accept", "confirm", "release", "decline", "miss", "cancel", "offerable"] * 2,
        *["match_listener", "heartbeat", "accept"] * 2,
        *[
            "accept_slowly",
            "rebuild_at_once",
            "match_contact",
            "seen",
            "wrap_up",
            "forget_contact",
            "forget_listener",
        ],
        *["set_clock_back", "take_snapshot", "roll_back", "restore_flow"],
        *["begin_rebuild", "restore_contacts", "restore_listeners", "end_rebuild"],
    )

    def __init__(self, redis: Any, pool: str) -> None:
        """Begin with three listeners and four contacts."""
        self.twin = Twin(redis, helping_plan(pool), START_MS)
        self.model = self.twin.model
        self.versions = dict.fromkeys([*CONTACTS, *LISTENERS], 1)
        self.turns = dict.fromkeys(CONTACTS, 1)
        self.lanes = dict.fromkeys(CONTACTS, LANES[0])
        self.sessions = dict.fromkeys(LISTENERS, 0)
        self.rebuilds: list[str] = []
        self.snapshots = [self.twin.snapshot()]
        for id_ in LISTENERS[:3]:
            self.twin.set_presence(self.presence(id_))
        for rank, id_ in enumerate(CONTACTS[:4]):
            self.twin.enqueue(self.contact(id_, rank))

    def act(self, name: str, choose: Choose) -> None:
        """Carry out one of ACTS, then hold all that can be read against the model."""
        getattr(self, name)(choose)
        self.twin.compare()
        self.twin.compare_events()

    def close(self) -> None:
        self.twin.wipe()
        self.twin.close()

    # Contacts.

    def contact(self, id_: UUID, rank: int, **changes: object) -> WaitingContact:
        lanes = self.lanes[id_]
        values: dict[str, object] = {
            "contact_id": id_,
            "version": self.versions[id_],
            "turn": self.turns[id_],
            "lanes": lanes,
            "channel": lanes[0].split(":")[2],
            "rank": rank,
            "waiting_since_ms": self.model.now,
            "target_ms": 5_000,
        }
        return WaitingContact(**{**values, **changes})  # type: ignore[arg-type]

    def enqueue(self, choose: Choose) -> None:
        id_, step = choose(CONTACTS), choose(VERSIONS)
        known, now = self.model.contacts.get(id_), self.model.now
        if step == 1 and (choose([True, False]) or known is None or known.gone):
            self.turns[id_] += 1
            self.lanes[id_] = choose(LANES)
        self.versions[id_] = max(1, self.versions[id_] + step)
        preferred = choose([None, None, *LISTENERS[:3]])
        wider = choose([None, None, 0, 2_000, 15_000])
        also = CHAT if self.lanes[id_] == (CHAT,) else ADULT
        given = self.contact(
            id_,
            choose(range(6)),
            offerable=choose([True, True, True, True, False]),
            preferred_listener=preferred,
            preferred_until_ms=now + choose([0, 3_000, 25_000]) if preferred else 0,
            waiting_since_ms=now - choose([0, 0, 7_000]),
            widenings=() if wider is None else (Widening(now + wider, (also,)),),
        )
        self.twin.enqueue(given)
        self.versions[id_] += step == -1

    def newer(self, id_: UUID, choose: Choose) -> int:
        """A version of a contact: late sometimes, most often new."""
        version = max(1, self.versions[id_] + choose([-1, 1, 1]))
        self.versions[id_] = max(version, self.versions[id_])
        return int(version)

    def cancel(self, choose: Choose) -> None:
        id_ = choose(CONTACTS)
        self.twin.cancel(id_, self.newer(id_, choose), choose(list(Left)))

    def offerable(self, choose: Choose) -> None:
        self.twin.offerable(choose(CONTACTS), choose([True, True, False]))

    def forget_contact(self, choose: Choose) -> None:
        id_ = choose(CONTACTS)
        self.twin.forget_contact(id_, max(1, self.versions[id_] - choose([0, 1])))

    # Listeners.

    def presence(self, id_: UUID, **changes: object) -> ListenerPresence:
        values: dict[str, object] = {
            "listener_id": id_,
            "session_id": ident(f"{id_}{self.sessions[id_]}"),
            "version": self.versions[id_],
            "profile_id": "both",
            "state": PresenceState.READY,
            "max_chats": 2,
            "lease_ms": 40_000,
        }
        return ListenerPresence(**{**values, **changes})  # type: ignore[arg-type]

    def set_presence(self, choose: Choose) -> None:
        id_, step = choose(LISTENERS), choose(VERSIONS[:-1])
        if step == 1:
            self.sessions[id_] += choose([0, 0, 1])
        self.versions[id_] = max(1, self.versions[id_] + step)
        load = [Load(choose(CONTACTS), choose(["call", "chat"]))] if choose([0, 0, 1]) else ()
        given = self.presence(
            id_,
            profile_id=choose(PROFILES),
            state=choose(STATES),
            max_chats=choose([0, 1, 2, 2]),
            chats_beside_call=choose([None, 0, 1, 2]),
            load=load,
            lease_ms=choose([2_500, 40_000, 40_000]),
        )
        self.twin.set_presence(given)
        self.versions[id_] += step == -1

    def heartbeat(self, choose: Choose) -> None:
        id_ = choose(LISTENERS)
        self.twin.heartbeat(id_, ident(f"{id_}{self.sessions[id_] - choose([0, 0, 1])}"))

    def forget_listener(self, choose: Choose) -> None:
        id_ = choose(LISTENERS)
        self.twin.forget_listener(id_, max(1, self.versions[id_] - choose([0, 1])))

    def finish(self, choose: Choose) -> None:
        if not self.model.listeners:
            return
        listener_id = choose(sorted(self.model.listeners))
        load = self.model.listeners[listener_id].load
        contact_id = choose([*CONTACTS[:2], *load, *load, *load])
        engagement = choose([None, *(one[1] for one in load.values())])
        self.twin.finish(listener_id, contact_id, engagement)

    def wrap_up(self, choose: Choose) -> None:
        self.twin.wrap_up(choose(LISTENERS), choose(CONTACTS), choose([0, 5_000]))

    # Offers.

    def match(self, choose: Choose) -> None:
        self.twin.match(choose(LANES))

    def match_contact(self, choose: Choose) -> None:
        self.twin.match_contact(choose(CONTACTS))

    def match_listener(self, choose: Choose) -> None:
        self.twin.match_listener(choose(LISTENERS))

    def offer(self, choose: Choose) -> Offer:
        """One of the last offers, most often the newest; a new one when there is none."""
        while not self.model.offers:
            self.set_presence(choose)
            self.enqueue(choose)
            self.match(choose)
            self.match_listener(choose)
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
        offer = self.twin.match(choose(LANES)) or self.offer(choose)
        self.twin.accept(offer)
        self.twin.release(offer.offer_id, contact_gone=False)
        self.twin.match_contact(offer.contact_id)
        self.twin.confirm(offer.offer_id, self.newer(offer.contact_id, choose))

    def decline(self, choose: Choose) -> None:
        self.twin.decline(self.offer(choose))

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
        given = [self.contact(id_, rank) for rank, id_ in enumerate(ids)]
        self.twin.restore_contacts(self.rebuild(choose), given)

    def restore_listeners(self, choose: Choose) -> None:
        load = [Load(choose(CONTACTS), "chat")] if choose([True, False]) else ()
        given = self.presence(choose(LISTENERS), load=load)
        self.twin.restore_listeners(self.rebuild(choose), [given])

    def end_rebuild(self, choose: Choose) -> None:
        self.twin.end_rebuild(self.rebuild(choose))
