"""A truth, its index and a model of the index: the laws of routing hold whatever happens.

The service's own order of steps: commit, tell the index, then act. First an
evening where only people act, so that every offer is judged by the laws. Then
one where nodes die between any two steps, messages come late, twice, never or
in another order, clocks move, Redis is emptied or rolled back and filled again
in the middle of it: at its end index and truth agree, and nobody is lost.
"""

import itertools
from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from tests.kit import routing_evening
from tests.kit.instant_redis import InstantRedis, instant_redis
from tests.kit.routing_depth import stateful_settings
from tests.kit.routing_laws import Law

POOLS = itertools.count()
staffs = st.integers(1, 4)


class Evening(RuleBasedStateMachine):
    """Acts of people, in any order; one rule, so that how often each comes is ours to say."""

    redis: InstantRedis
    judged: Counter[Law]
    evening: routing_evening.Evening | None = None

    @initialize(staff=staffs)
    def begin(self, staff: int) -> None:
        self.evening = routing_evening.Evening(self.redis, f"q{next(POOLS)}", staff)

    @rule(data=st.data(), name=st.sampled_from(routing_evening.Evening.ACTS))
    def act(self, data, name):  # type: ignore[no-untyped-def]
        self.evening.act(name, lambda choices: data.draw(st.sampled_from(choices)))

    def teardown(self) -> None:
        if self.evening is not None:
            self.evening.close()
            self.judged.update(self.evening.centre.laws.verdict.judged)


class TroubledEvening(Evening):
    """Acts of people, and of what goes wrong."""

    @initialize(staff=staffs)
    def begin(self, staff: int) -> None:
        self.evening = routing_evening.TroubledEvening(self.redis, f"r{next(POOLS)}", staff)

    @rule(data=st.data(), name=st.sampled_from(routing_evening.TroubledEvening.ACTS))
    def act(self, data, name):  # type: ignore[no-untyped-def]
        self.evening.act(name, lambda choices: data.draw(st.sampled_from(choices)))


def test_the_laws_hold_in_every_evening(redis_url: str) -> None:
    Evening.judged = Counter()
    with instant_redis(redis_url) as Evening.redis:
        run_state_machine_as_test(Evening, settings=stateful_settings(35, 40))
    assert not [law for law in Law if Evening.judged[law] < 100], "a law that was never put to it"


def test_index_and_truth_agree_after_whatever_trouble(redis_url: str) -> None:
    TroubledEvening.judged = Counter()
    with instant_redis(redis_url) as TroubledEvening.redis:
        run_state_machine_as_test(TroubledEvening, settings=stateful_settings(50, 40))
