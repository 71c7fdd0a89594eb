"""An evening at a helpline, act by act: who does what is chosen from outside, never by chance.

`Evening` is what people do. `TroubledEvening` adds what goes wrong with nodes,
the network, clocks and Redis. Every act is possible at any time: one that has
nothing to act on lets somebody arrive, or time pass.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from config.vocabulary import PresenceState, Urgency
from routing.model import Offer, Widening
from tests.kit.pools import ADULT, CALL, CHAT, START_MS, ident
from tests.kit.routing_centre import Centre
from tests.kit.routing_facts import Held
from tests.kit.routing_plans import helping_plan
from tests.kit.routing_truth import TrueContact, TrueEngagement, TrueListener
from tests.kit.routing_twin import Twin

CONTACTS = [ident(f"c{i}") for i in range(8)]
# Profile, chats at once, chats beside a call.
SHIFTS = {
    ident("anne"): ("both", 2, 0),
    ident("bea"): ("minors", 2, 1),
    ident("chloé"): ("calls", 0, 0),
    ident("dina"): ("adults", 1, 0),
}
LISTENERS = list(SHIFTS)
LANES = [(CALL,), (CALL,), (CHAT,), (ADULT,), (CALL, ADULT)]
STATES = [
    PresenceState.READY,
    PresenceState.READY,
    PresenceState.BREAK,
    PresenceState.LEAVING,
    PresenceState.OFFLINE,
]

Choose = Callable[[Sequence[Any]], Any]


class Evening:
    """People come, listeners serve them; nothing fails."""

    ACTS = (
        *["arrive"] * 4,
        *["accept"] * 4,
        *["pass_time"] * 4,
        *["end"] * 3,
        *["hand_over"] * 4,
        *["change"] * 2,
        *["declare"] * 2,
        *["decline", "sign_in"] * 2,
        *["accept_again", "hold_back_or_not", "fall_silent"],
    )

    def __init__(self, redis: Any, pool: str, staff: int) -> None:
        """Begin with so many listeners signed in and a filled, empty index."""
        self.twin = Twin(redis, helping_plan(pool), START_MS)
        self.centre = Centre(self.twin)
        self.truth, self.model = self.centre.truth, self.twin.model
        for id_, shift in SHIFTS.items():
            self.truth.listeners[id_] = TrueListener(id_, *shift)
        self.sessions = itertools.count()
        for _ in self.centre.reconcile(8):
            pass
        for id_ in LISTENERS[:staff]:
            self.come(id_, "now")

    def act(self, name: str, choose: Choose) -> None:
        """Carry out one of ACTS; then hold everything against the model and the laws."""
        getattr(self, name)(choose)
        self.check()

    def check(self) -> None:
        self.twin.compare()
        self.centre.observe()
        self.centre.check_laws()

    def close(self) -> None:
        """End the evening: index and truth must agree."""
        try:
            self.centre.settle()
        finally:
            self.twin.wipe()
            self.twin.close()

    def fate(self, choose: Choose) -> str:
        """What becomes of the message that follows."""
        return "now"

    def crash(self, choose: Choose) -> int:
        """After which step of an accept its node dies; 0: it lives."""
        return 0

    # Callers and visitors.

    def absent(self) -> list[UUID]:
        known = self.truth.contacts
        return [id_ for id_ in CONTACTS if id_ not in known or known[id_].state == "closed"]

    def waiting(self) -> list[TrueContact]:
        return [one for one in self.truth.contacts.values() if one.state == "waiting"]

    def arrive(self, choose: Choose) -> None:
        for id_ in self.absent()[: choose([1, 1, 3])]:
            now, lanes = self.model.clock, choose(LANES)
            contact = TrueContact(
                id_, lanes, choose(list(Urgency)), queued_ms=now, waiting_since_ms=now
            )
            if preferred := choose([None, None, None, *LISTENERS]):
                contact.preferred, contact.preferred_until_ms = preferred, now + 10_000
            if contact.channel == "call" and (wider := choose([None, None, 4_000, 40_000])):
                contact.widenings = (Widening(now + wider, (CALL, ADULT)),)
            self.truth.queue(contact)
            self.centre.tell_contact(id_, self.fate(choose))

    def change(self, choose: Choose) -> None:
        """A contact is raised, widened, moved to another queue, or gives up."""
        if not self.waiting():
            return self.arrive(choose)
        contact, act = choose(self.waiting()), choose(["raise_to", "widen", "move", "leave"])
        if act == "leave":
            self.truth.leave(contact)
        elif act == "raise_to":
            self.truth.raise_to(contact, choose([Urgency.U1, Urgency.U2, Urgency.U3]))
        else:
            fitting = [lanes for lanes in LANES if (CHAT in lanes) == (contact.channel == "chat")]
            getattr(self.truth, act)(contact, choose(fitting))
        return self.centre.tell_contact(contact.contact_id, self.fate(choose))

    def hold_back_or_not(self, choose: Choose) -> None:
        """A visitor is away, or comes back."""
        if not self.waiting():
            return self.arrive(choose)
        contact = choose(self.waiting())
        contact.offerable = not contact.offerable
        held = not contact.offerable
        self.centre.laws.note(Held(self.centre.now(), contact.contact_id, held))
        self.centre.tell(self.fate(choose), "offerable", contact.contact_id, contact.offerable)
        return self.centre.match(contact.lanes)

    # Listeners.

    def sign_in(self, choose: Choose) -> None:
        self.come(choose(LISTENERS), self.fate(choose))

    def come(self, id_: UUID, fate: str) -> None:
        """Ready in a session of her own: a second one takes over from the first."""
        self.truth.declare(id_, PresenceState.READY, ident(f"s{next(self.sessions)}"))
        self.centre.silent.discard(id_)
        self.centre.tell_listener(id_, fate)

    def declare(self, choose: Choose) -> None:
        id_ = choose(LISTENERS)
        if self.truth.listeners[id_].session is None:
            return self.come(id_, self.fate(choose))
        self.truth.declare(id_, choose(STATES))
        return self.centre.tell_listener(id_, self.fate(choose))

    def fall_silent(self, choose: Choose) -> None:
        """Her computer is off: nothing renews her lease."""
        self.centre.silent.add(choose(LISTENERS))

    def living(self) -> list[Offer]:
        """The offers on desks."""
        return [one.offer for one in self.model.offers.values() if one.state == "offered"]

    def accept(self, choose: Choose) -> None:
        if not self.living():
            return self.arrive(choose)
        for offer in self.living() if choose([True, False]) else [choose(self.living())]:
            self.twin.seen(offer)
            self.centre.accept(offer, self.crash(choose), self.fate(choose))
        return None

    def accept_again(self, choose: Choose) -> None:
        """An old click, replayed: the same answer or a refusal, never a second owner."""
        recent = [one.offer for one in self.model.offers.values()][-6:]
        if recent:
            self.centre.accept(choose(recent), 0, "now")

    def decline(self, choose: Choose) -> None:
        """Somebody gives an offer back; or everybody does, as long as there are any."""
        for _ in range(choose([1, 1, 6])):
            if self.living():
                self.twin.decline(choose(self.living()))
                self.centre.observe()
                self.centre.match_all()

    def engaged(self) -> list[TrueEngagement]:
        return [one for one in self.truth.engagements.values() if one.open]

    def end(self, choose: Choose) -> None:
        """The conversation is over; sometimes its write-up lasts, or its listener is lost."""
        if not self.engaged():
            return self.accept(choose)
        one = choose(self.engaged())
        how = choose(["end", "end", "write_up", "give_back"])
        if how == "write_up":
            one.wrapping = True
            args = (one.listener_id, one.contact_id, 8_000)
            self.centre.tell(self.fate(choose), "wrap_up", *args)
        elif how == "end" or one.wrapping:
            self.truth.end(one)
            self.centre.finish(one.engagement_id, self.fate(choose))
        else:
            self.truth.give_back(one, self.model.clock)
            self._pass_on(one, choose)
        return None

    def hand_over(self, choose: Choose) -> None:
        """A listener gives somebody on, to her own queue or another one."""
        talking = [one for one in self.engaged() if not one.wrapping]
        if not talking:
            self.accept(choose)
            talking = [one for one in self.engaged() if not one.wrapping]
        if not talking:
            return
        one = choose(talking)
        is_chat = self.truth.contacts[one.contact_id].channel == "chat"
        fitting = [lanes for lanes in LANES if (CHAT in lanes) == is_chat]
        self.truth.hand_over(one, choose(fitting), self.model.clock)
        self._pass_on(one, choose)

    def _pass_on(self, one: TrueEngagement, choose: Choose) -> None:
        self.centre.tell_contact(one.contact_id, self.fate(choose))
        self.centre.finish(one.engagement_id, self.fate(choose))

    def pass_time(self, choose: Choose) -> None:
        """Time passes; most often offers reach their desks, of this moment and later ones."""
        self.centre.desks_show = choose([True, True, False])
        if self.centre.desks_show:
            for offer in self.living():
                self.twin.seen(offer)
        self.centre.pass_time(choose([300, 2_100, 6_000, 12_000, 21_000, 45_000]))


class TroubledEvening(Evening):
    """The same, with everything that goes wrong with nodes, the network, clocks and Redis."""

    ACTS = (
        *Evening.ACTS,
        *["reconcile"] * 3,
        *["commit_late", "deliver_late", "deliver_again", "dying_sweep", "jump"],
        *["accept_in_vain"] * 2,
        *["take_snapshot", "lose_redis"],
    )

    def __init__(self, redis: Any, pool: str, staff: int) -> None:
        """Begin with a first snapshot to fall back to."""
        super().__init__(redis, pool, staff)
        self.snapshots = [self.twin.snapshot()]

    def fate(self, choose: Choose) -> str:
        return str(choose(["now"] * 12 + ["late", "lost", "twice"]))

    def crash(self, choose: Choose) -> int:
        return int(choose([0, 0, 0, 0, 1, 2]))

    def accept_in_vain(self, choose: Choose) -> None:
        """Committed, its node dies; her telephone does not answer, and that news is late too."""
        if not self.living():
            return self.arrive(choose)
        offer = choose(self.living())
        self.centre.accept(offer, 2, "now")
        engagement = self.truth.engagements.get(offer.offer_id)
        if engagement is not None and engagement.open:
            self.truth.give_back(engagement, self.model.clock)
            self.centre.tell_contact(offer.contact_id, choose(["late", "lost"]))
            self.centre.finish(offer.offer_id, self.fate(choose))
        return self.centre.pass_time(12_000)

    def commit_late(self, choose: Choose) -> None:
        """The transaction of an accept reaches PostgreSQL long after its reservation."""
        if self.centre.slow_accepts:
            self.centre.commit(self.centre.slow_accepts.pop(0), choose([0, 0, 2]))

    def deliver_late(self, choose: Choose) -> None:
        if self.centre.mail:
            message = choose(self.centre.mail)
            self.centre.mail.remove(message)
            self.centre.deliver(message)
            self.centre.match_all()

    def deliver_again(self, choose: Choose) -> None:
        """A message of a while ago comes once more, by a retry that was thought lost."""
        if self.centre.sent:
            self.centre.disturb()
            self.centre.deliver(choose(list(self.centre.sent)))
            self.centre.match_all()

    def dying_sweep(self, choose: Choose) -> None:
        """Time has passed unswept, and the node that sweeps dies with its report."""
        self.centre.disturb()
        self.model.clock += choose([600, 2_100, 20_000])
        self.centre.sweep(report_lost=True)

    def jump(self, choose: Choose) -> None:
        """The clock jumps. Ahead: all is due at once. Back: time goes on, at half speed."""
        self.centre.jump(choose([-50, -4_000, -30_000, 5_000, 90_000]))

    def reconcile(self, choose: Choose) -> None:
        for _ in range(choose([1, 3, 99])):
            if not self.centre.go_on():
                break

    def take_snapshot(self, choose: Choose) -> None:
        self.snapshots = [*self.snapshots[-1:], self.twin.snapshot()]

    def lose_redis(self, choose: Choose) -> None:
        """Emptied, or another takes over that lagged."""
        if choose([True, False, False]):
            self.centre.wipe()
        else:
            self.centre.roll_back(choose(self.snapshots))
