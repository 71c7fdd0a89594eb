"""Many listeners of many profiles: the match rule holds where its walk is paged and cut short.

The other tests have a handful of listeners, whose standings fit into the first
page that a match reads. Here are more standings than any page but the last one
holds, and contacts that many listeners have refused.
"""

import itertools
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from config.vocabulary import PresenceState
from routing.model import ListenerPresence, Offer, Step, WaitingContact
from routing.plan import Limits, Plan, PlanHelp, PlanLane, PlanProfile
from routing.rank import BAND
from tests.kit.instant_redis import InstantRedis, instant_redis
from tests.kit.pools import START_MS, ident
from tests.kit.routing_depth import stateful_settings
from tests.kit.routing_twin import Twin

LANES = [f"line:q{i}:{channel}:fr" for i in range(5) for channel in ("call", "chat")]
POOLS = itertools.count()
PROFILES, LISTENERS, CONTACTS, ACTS = 60, 70, 30, 60
RANKS = [0, 1, *range(BAND, BAND + 8)]


def crowded_plan(chance: Random) -> Plan:
    """Profiles of one to four lanes each, some of which help out in another one."""
    profiles = []
    for i in range(PROFILES):
        own = chance.sample(LANES, chance.randint(1, 4))
        others = [lane for lane in LANES if lane not in own]
        helps = [PlanHelp(chance.choice(others), 5_000)] if chance.random() < 0.4 else []
        profiles.append(PlanProfile(f"p{i}", tuple(own), tuple(helps)))
    profiles.append(PlanProfile("all", tuple(LANES)))
    lanes = [PlanLane(lane, "line", lane.split(":")[2]) for lane in LANES]
    # Long leases and rounds: what is looked at here is who is chosen.
    return Plan(f"crowd{next(POOLS)}", lanes, profiles, Limits(round_ms=600_000, seen_ms=20_000))


class Crowd:
    """Listeners idle since different instants, some gone a moment ago; contacts in all lanes."""

    def __init__(self, redis: InstantRedis, seed: int) -> None:
        self.chance = Random(seed)
        self.twin = Twin(redis, crowded_plan(self.chance), START_MS)
        self.version = 1
        names = list(self.twin.plan.profiles)
        for i in range(LISTENERS):
            self.twin.model.clock += self.chance.choice([0, 1, 1, 50])
            self.sign_in(i, self.chance.choice(names))

    def sign_in(self, i: int, profile: str) -> None:
        given = ListenerPresence(
            listener_id=ident(f"l{i}"),
            session_id=ident(f"s{i}"),
            version=self.version,
            profile_id=profile,
            state=PresenceState.READY,
            max_chats=self.chance.choice([0, 1, 2]),
            lease_ms=self.chance.choice([9_000, 900_000, 900_000, 900_000]),
        )
        self.twin.set_presence(given)

    def arrive(self, i: int) -> None:
        now, lane = self.twin.model.now, self.chance.choice(LANES)
        self.version += 1
        given = WaitingContact(
            contact_id=ident(f"c{i}"),
            version=self.version,
            turn=self.version,
            lanes=(lane,),
            channel=lane.split(":")[2],
            rank=self.chance.choice(RANKS),
            waiting_since_ms=now - self.chance.choice([0, 6_000]),
        )
        self.twin.enqueue(given)

    def act(self) -> None:
        """Match, and most often refuse: the contacts that stay are refused by more and more."""
        chance = self.chance
        self.twin.model.clock += chance.choice([0, 1, 200])
        lanes = tuple(chance.sample(LANES, chance.choice([1, 1, 2])))
        offer = self.twin.match(lanes)
        if offer is None:
            self.arrive(chance.randrange(CONTACTS))
        elif chance.random() < 0.75:
            self.twin.decline(offer)
        else:
            self.take(offer)

    def take(self, offer: Offer) -> None:
        assert self.twin.accept(offer) is Step.DONE
        self.version += 1
        self.twin.confirm(offer.offer_id, self.version)

    def close(self) -> None:
        self.twin.wipe()
        self.twin.close()


def test_the_match_rule_holds_in_a_crowd(redis_url: str) -> None:
    @stateful_settings(6, 1)
    @given(seed=st.integers(0, 2**32))
    def run(seed: int) -> None:
        crowd = Crowd(redis, seed)
        try:
            for i in range(CONTACTS):
                crowd.arrive(i)
            for _ in range(ACTS):
                crowd.act()
            crowd.twin.sweep()
            crowd.twin.compare()
        finally:
            crowd.close()

    with instant_redis(redis_url) as redis:
        run()
