"""The live figures of a lane: what counts for what."""

from routing.flow import FLOW_FIGURES, Flow, together
from routing.steps.live import flow_from, flow_words


def test_service_level_counts_late_abandonment_against_and_leaves_early_out() -> None:
    flow = Flow(answered=8, in_target=6, abandoned=2, abandoned_early=5)
    assert flow.presented == 10
    assert flow.service_level == 0.6


def test_nobody_presented_is_no_service_level_and_no_mean() -> None:
    flow = Flow(abandoned_early=3)
    assert (flow.service_level, flow.mean_wait_ms) == (None, None)


def test_mean_wait_is_that_of_the_answered() -> None:
    assert Flow(answered=4, abandoned=1, waited_ms=10_000).mean_wait_ms == 2_500


def test_together_adds_everything_and_keeps_the_longest_wait() -> None:
    one, other = Flow(1, 1, 0, 2, 300, 300), Flow(2, 1, 3, 0, 500, 400)
    assert together([one, other]) == Flow(3, 2, 3, 2, 800, 400)
    assert together([]) == Flow()


def test_scripts_and_program_name_the_figures_in_one_order() -> None:
    flow = Flow(1, 2, 3, 4, 5, 6)
    assert flow_words(flow) == "1 2 3 4 5 6"
    assert flow_from("1 2 3 4 5 6") == flow
    assert FLOW_FIGURES[0] == "answered"
    assert FLOW_FIGURES[-1] == "longest_ms"
