"""The Lua steps and a plain Python model, side by side, under whatever order of events."""

import asyncio
import itertools

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from config.vocabulary import PresenceState
from routing.connection import open_redis
from routing.model import ListenerPresence, Load, Step, WaitingContact
from routing.plan import Limits
from routing.router import Router
from tests.kit.pools import ADULT, CALL, CHAT, START_MS, ident, small_plan
from tests.kit.routing_model_desk import FullModel

CONTACTS = [ident(f"c{i}") for i in range(6)]
LISTENERS = [ident(f"l{i}") for i in range(4)]
LANES = [(CALL,), (CHAT,), (ADULT,), (CALL, ADULT)]
POOLS = itertools.count()

contacts = st.sampled_from(CONTACTS)
listeners = st.sampled_from(LISTENERS)


class RoutingSteps(RuleBasedStateMachine):
    """Arrivals, accepts, declines, late and repeated writes, takeovers, silence."""

    redis_url = ""

    @initialize()
    def start(self) -> None:
        plan = small_plan(Limits(), pool=f"p{next(POOLS)}")
        self.runner = asyncio.Runner()
        self.opened = open_redis(self.redis_url)
        self.redis = self.run(self.opened.__aenter__())
        self.model = FullModel(plan, START_MS)
        self.router = Router(self.redis, plan, lambda: self.model.now)
        self.versions = dict.fromkeys([*CONTACTS, *LISTENERS], 1)
        self.turns = dict.fromkeys(CONTACTS, 1)
        self.lanes = dict.fromkeys(CONTACTS, LANES[0])
        self.sessions = dict.fromkeys(LISTENERS, 0)
        for id_ in LISTENERS[:3]:
            self.declare(id_)
        for rank, id_ in enumerate(CONTACTS[:4]):
            self.arrive(id_, rank)

    def declare(self, id_, step=1, **changes) -> None:  # type: ignore[no-untyped-def]
        """Enter a presence on both sides; `step` -1 a late one, 0 the same again, 1 a new one."""
        self.versions[id_] = max(1, self.versions[id_] + step)
        values = {
            "listener_id": id_,
            "session_id": ident(f"{id_}{self.sessions[id_]}"),
            "version": self.versions[id_],
            "profile_id": "both",
            "state": PresenceState.READY,
            "max_chats": 2,
            "lease_ms": 40_000,
        }
        given = ListenerPresence(**{**values, **changes})
        assert self.run(self.router.set_presence(given)) is self.model.set_presence(given)
        if step == -1:
            self.versions[id_] += 1

    def arrive(self, id_, rank, step=1, **changes) -> None:  # type: ignore[no-untyped-def]
        """Enter a contact on both sides; `step` as above."""
        self.versions[id_] = max(1, self.versions[id_] + step)
        lanes = self.lanes[id_]
        values = {
            "contact_id": id_,
            "version": self.versions[id_],
            "turn": self.turns[id_],
            "lanes": lanes,
            "channel": lanes[0].split(":")[2],
            "rank": rank,
            "waiting_since_ms": self.model.now,
        }
        given = WaitingContact(**{**values, **changes})
        assert self.run(self.router.enqueue(given)) is self.model.enqueue(given)
        if step == -1:
            self.versions[id_] += 1

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.run(self.opened.__aexit__(None, None, None))
            self.runner.close()

    def run(self, awaitable):  # type: ignore[no-untyped-def]
        return self.runner.run(_awaited(awaitable))

    @rule(ms=st.sampled_from([1, 1, 900, 2_000, 2_000, 10_000, 20_000, 30_000]))
    def tick(self, ms: int) -> None:
        self.model.now += ms

    @rule(
        id_=contacts,
        step=st.sampled_from([-1, 0, 1, 1, 1]),
        new_turn=st.booleans(),
        lanes=st.sampled_from(LANES),
        rank=st.integers(0, 5),
        offerable=st.sampled_from([True] * 4 + [False]),
        preferred=st.none() | st.none() | listeners,
        wait=st.sampled_from([0, 3_000, 25_000]),
    )
    def enqueue(self, id_, step, new_turn, lanes, rank, offerable, preferred, wait):  # type: ignore[no-untyped-def]
        if step == 1:
            self.turns[id_] += new_turn
            if new_turn or id_ not in self.model.contacts or self.model.contacts[id_].gone:
                self.lanes[id_] = lanes
        until = self.model.now + wait if preferred else 0
        self.arrive(
            id_,
            rank,
            step,
            offerable=offerable,
            preferred_listener=preferred,
            preferred_until_ms=until,
        )

    @rule(id_=contacts, step=st.sampled_from([-1, 1, 1]))
    def cancel(self, id_, step):  # type: ignore[no-untyped-def]
        version = max(1, self.versions[id_] + step)
        self.versions[id_] = max(version, self.versions[id_])
        taken = self.run(self.router.cancel(id_, version))
        assert (taken.offer_id if taken else None) == self.model.cancel(id_, version)

    @rule(id_=contacts, flag=st.sampled_from([True, True, False]))
    def offerable(self, id_, flag):  # type: ignore[no-untyped-def]
        assert self.run(self.router.offerable(id_, flag)) is self.model.offerable(id_, flag)

    @rule(
        id_=listeners,
        step=st.sampled_from([-1, 0, 1, 1]),
        newcomer=st.sampled_from([False, False, True]),
        profile=st.sampled_from(["both", "both", "both", "calls", "adults"]),
        state=st.sampled_from(
            [PresenceState.READY] * 6 + [PresenceState.BREAK, PresenceState.OFFLINE]
        ),
        max_chats=st.sampled_from([0, 1, 2, 2]),
        lease=st.sampled_from([2_500, 40_000, 40_000]),
        load=st.just(())
        | st.just(())
        | st.tuples(st.tuples(contacts, st.sampled_from(["call", "chat"]))),
    )
    def set_presence(self, id_, step, newcomer, profile, state, max_chats, lease, load):  # type: ignore[no-untyped-def]
        if step == 1:
            self.sessions[id_] += newcomer
        self.declare(
            id_,
            step,
            profile_id=profile,
            state=state,
            max_chats=max_chats,
            load=[Load(*one) for one in load],
            lease_ms=lease,
        )

    @rule(id_=listeners, old=st.sampled_from([0, 0, 1]))
    def heartbeat(self, id_, old):  # type: ignore[no-untyped-def]
        self.heartbeat_of(id_, ident(f"{id_}{self.sessions[id_] - old}"))

    @rule(lanes=st.sampled_from(LANES))
    def match(self, lanes):  # type: ignore[no-untyped-def]
        self.model.check_match(lanes, self.run(self.router.match(lanes)))

    @rule(id_=listeners)
    def match_listener(self, id_):  # type: ignore[no-untyped-def]
        offer = self.run(self.router.match_listener(id_))
        self.model.check_match_listener(id_, offer)

    @precondition(lambda self: self.model.offers)
    @rule()
    def serve(self) -> None:
        """What goes well: an offer shows, is accepted and confirmed."""
        offer = list(self.model.offers.values())[-1].offer
        args = (offer.offer_id, offer.listener_id, offer.session_id)
        self.run(self.router.seen(offer.offer_id, offer.session_id))
        self.model.seen(offer.offer_id, offer.session_id)
        step = self.run(self.router.accept(*args)).step
        assert step is self.model.accept(*args)
        if step is Step.DONE:
            self.versions[offer.contact_id] += 1
            version = self.versions[offer.contact_id]
            expected = self.model.confirm(offer.offer_id, version)
            assert self.run(self.router.confirm(offer.offer_id, version)) is expected

    @precondition(lambda self: self.model.offers)
    @rule()
    def miss(self) -> None:
        """An offer shows and nobody answers; her sockets live."""
        offer = list(self.model.offers.values())[-1].offer
        self.run(self.router.seen(offer.offer_id, offer.session_id))
        self.model.seen(offer.offer_id, offer.session_id)
        self.model.now += 20_000
        self.heartbeat_of(offer.listener_id, offer.session_id)
        self.sweep()

    def heartbeat_of(self, id_, session) -> None:  # type: ignore[no-untyped-def]
        expected = self.model.heartbeat(id_, session)
        assert self.run(self.router.heartbeat(id_, session)) is expected

    @rule()
    def sweep(self) -> None:
        self.model.check_sweep(self.run(self.router.sweep()))

    @precondition(lambda self: self.model.offers)
    @rule(data=st.data(), other=st.sampled_from([False] * 5 + [True]))
    def accept(self, data, other):  # type: ignore[no-untyped-def]
        offer = self.pick(data)
        who = LISTENERS[0] if other else offer.listener_id
        answer = self.run(self.router.accept(offer.offer_id, who, offer.session_id))
        assert answer.step is self.model.accept(offer.offer_id, who, offer.session_id)

    @precondition(lambda self: self.model.offers)
    @rule(data=st.data(), step=st.sampled_from([-1, 1, 1]))
    def confirm(self, data, step):  # type: ignore[no-untyped-def]
        offer = self.pick(data)
        version = max(1, self.versions[offer.contact_id] + step)
        self.versions[offer.contact_id] = max(version, self.versions[offer.contact_id])
        expected = self.model.confirm(offer.offer_id, version)
        assert self.run(self.router.confirm(offer.offer_id, version)) is expected

    @precondition(lambda self: self.model.offers)
    @rule(data=st.data(), gone=st.booleans())
    def release(self, data, gone):  # type: ignore[no-untyped-def]
        offer_id = self.pick(data).offer_id
        expected = self.model.release(offer_id, gone)
        assert self.run(self.router.release(offer_id, contact_gone=gone)) is expected

    @precondition(lambda self: self.model.offers)
    @rule(data=st.data())
    def decline(self, data):  # type: ignore[no-untyped-def]
        offer = self.pick(data)
        args = (offer.offer_id, offer.listener_id, offer.session_id)
        assert self.run(self.router.decline(*args)) is self.model.decline(*args)

    @precondition(lambda self: self.model.offers)
    @rule(data=st.data())
    def seen(self, data):  # type: ignore[no-untyped-def]
        offer = self.pick(data)
        args = (offer.offer_id, offer.session_id)
        assert self.run(self.router.seen(*args)) is self.model.seen(*args)

    @precondition(lambda self: self.model.listeners)
    @rule(data=st.data())
    def finish(self, data):  # type: ignore[no-untyped-def]
        listener_id = data.draw(st.sampled_from(sorted(self.model.listeners)))
        open_ = list(self.model.listeners[listener_id].load)
        id_ = data.draw(st.sampled_from([*CONTACTS[:2], *open_, *open_, *open_]))
        engagements = [one[1] for one in self.model.listeners[listener_id].load.values()]
        engagement = data.draw(st.sampled_from([None, *engagements]))
        args = (listener_id, id_, engagement)
        assert self.run(self.router.finish(*args)) is self.model.finish(*args)

    def pick(self, data):  # type: ignore[no-untyped-def]
        """One of the last offers: most often the newest."""
        recent = list(self.model.offers.values())[-4:]
        return data.draw(st.sampled_from([*recent, recent[-1], recent[-1]])).offer

    @invariant()
    def free_listeners_are_the_same(self) -> None:
        if not hasattr(self, "model"):
            return
        overview = self.run(self.router.overview())
        waiting = {lane: load.waiting for lane, load in overview.lanes.items() if load.waiting}
        expected: dict[str, int] = {}
        for contact in self.model.contacts.values():
            if not contact.gone:
                first = contact.waiting.lanes[0]
                expected[first] = expected.get(first, 0) + 1
        assert waiting == expected, "everybody who waits is counted, once"

    @invariant()
    def loads_are_the_same(self) -> None:
        if not hasattr(self, "model"):
            return
        for id_, listener in self.model.listeners.items():
            found = {
                one.contact_id: one.engagement_id for one in self.run(self.router.load_of(id_))
            }
            assert found == {contact: one[1] for contact, one in listener.load.items()}
            offer = self.run(self.router.offer_of(id_))
            assert (offer.offer_id if offer else None) == listener.offer


async def _awaited(awaitable):  # type: ignore[no-untyped-def]
    return await awaitable


def test_lua_and_model_agree_whatever_happens(redis_url: str) -> None:
    RoutingSteps.redis_url = redis_url
    run_state_machine_as_test(
        RoutingSteps,
        settings=settings(
            max_examples=120,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
