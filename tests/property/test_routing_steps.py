"""The Lua steps and a plain Python model, side by side, under whatever order of steps.

Here nobody keeps to any order. tests/property/test_routing_centre.py drives the
same pair as the service does, beside a truth.
"""

import itertools

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from tests.kit.instant_redis import InstantRedis, instant_redis
from tests.kit.routing_depth import stateful_settings
from tests.kit.routing_disorder import Disorder

POOLS = itertools.count()


class RoutingSteps(RuleBasedStateMachine):
    """Steps in any order; one rule, so that how often each comes is ours to say."""

    redis: InstantRedis
    disorder: Disorder | None = None

    @initialize()
    def begin(self) -> None:
        self.disorder = Disorder(self.redis, f"p{next(POOLS)}")

    @rule(data=st.data(), name=st.sampled_from(Disorder.ACTS))
    def act(self, data, name):  # type: ignore[no-untyped-def]
        self.disorder.act(name, lambda choices: data.draw(st.sampled_from(choices)))

    def teardown(self) -> None:
        if self.disorder is not None:
            self.disorder.close()


def test_lua_and_model_agree_whatever_happens(redis_url: str) -> None:
    with instant_redis(redis_url) as RoutingSteps.redis:
        run_state_machine_as_test(RoutingSteps, settings=stateful_settings(75, 40))
