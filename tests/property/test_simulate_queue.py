"""The engine's waits against queueing theory: real Lua, virtual time, fixed seeds.

Small systems forget soon, so a few thousand callers say enough. The interval
is wide on purpose (99.9 %): the ideal queue beside it is what catches a
wrong order, for it must give each caller the very same wait.
"""

import pytest

from tests.simulate.against_theory import compare, rate
from tests.simulate.traffic import Traffic

FIVE = {"arrivals": 0.015, "service": 240, "servers": 5}  # 3.6 erlangs


@pytest.mark.parametrize(
    ("traffic", "model", "measures"),
    [
        (Traffic(**FIVE), "Erlang C", {"p_wait", "mean_wait_s", "answered_within_20_s"}),
        (
            Traffic(**FIVE, patience=120),
            "Erlang A",
            {"p_wait", "mean_wait_s", "answered_within_20_s", "p_abandon"},
        ),
        (
            Traffic(**FIVE, urgent_share=0.2),
            "Cobham",
            {"p_wait", "mean_wait_urgent_s", "mean_wait_other_s"},
        ),
    ],
)
def test_the_engine_waits_as_theory_says(traffic, model, measures):
    found = compare(traffic, 2_500, seed=3, confidence=0.999)
    assert found["model"] == model
    assert set(found["measures"]) == measures
    outside = {name: one for name, one in found["measures"].items() if not one["within"]}
    assert outside == {}
    assert found["ideal_queue"]["same_answers"]
    assert found["ideal_queue"]["largest_difference_s"] == 0


def test_patience_and_two_classes_have_no_formula_together():
    with pytest.raises(ValueError, match="no formula"):
        compare(Traffic(**FIVE, patience=60, urgent_share=0.5), 2_000, seed=1)


@pytest.mark.parametrize("text", ["0.2", "0.2/s", "12/min", "360/30min", "720/h", "360/1800s"])
def test_a_rate_may_be_told_in_any_unit(text):
    assert rate(text) == pytest.approx(0.2)


def test_a_rate_of_nothing_known_is_refused():
    with pytest.raises(ValueError, match="not a rate"):
        rate("lots")
