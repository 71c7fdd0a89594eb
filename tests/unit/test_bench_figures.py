"""The benchmark's own arithmetic: a wrong percentile would be believed."""

import asyncio

import pytest

from config.clock import monotonic
from tests.bench.figures import Compared, Round, percentile, pooled_ms, significant
from tests.bench.load import BenchFailed, closed_loop


def rounds(*rates: int) -> tuple[Round, ...]:
    return tuple(Round(1.0, (0.001,) * rate) for rate in rates)


@pytest.mark.parametrize(
    ("percent", "expected"), [(1, 1), (50, 50), (99, 99), (99.5, 100), (100, 100)]
)
def test_a_percentile_is_a_value_that_was_measured(percent: float, expected: int) -> None:
    assert percentile(range(100, 0, -1), percent) == expected


def test_the_99th_of_few_samples_is_the_worst_one() -> None:
    assert percentile([1, 2, 30], 99) == 30


@pytest.mark.parametrize(("samples", "percent"), [([], 50), ([1.0], 0), ([1.0], 101)])
def test_a_percentile_of_nothing_is_refused(samples: list[float], percent: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        percentile(samples, percent)


def test_a_ratio_compares_rounds_that_ran_side_by_side() -> None:
    # The machine was half as fast in the second pair, and the service as good as ever.
    compared = Compared(service=rounds(200, 100, 200), floor=rounds(400, 200, 400))
    assert compared.ratio == 0.5
    assert (compared.per_second, compared.floor_per_second) == (200, 400)


def test_processor_time_is_spread_over_every_act_of_every_round() -> None:
    service = (Round(1.0, (0.1,) * 3, cpu_seconds=0.3), Round(1.0, (0.1,), cpu_seconds=0.1))
    assert Compared(service, rounds(1, 1)).cpu_ms_each == pytest.approx(100)


def test_percentiles_are_taken_over_all_rounds_at_once() -> None:
    assert pooled_ms([Round(1.0, (0.001,) * 99), Round(1.0, (5.0,))], 99) == pytest.approx(1)


def test_a_figure_keeps_three_digits() -> None:
    assert [significant(value) for value in (1234.5, 0.012345, 99.96)] == [1230, 0.0123, 100]


async def test_a_round_counts_what_was_begun_in_time_and_ends_when_nothing_is_left() -> None:
    left = [0.1, 0.2, 0.3]

    async def act() -> float | None:
        await asyncio.sleep(0)
        return left.pop() if left else None

    measured = await closed_loop(act, in_flight=2, seconds=30)
    assert sorted(measured.latencies) == [0.1, 0.2, 0.3]


async def test_a_round_ends_at_its_time() -> None:
    async def act() -> float:
        began = monotonic()
        await asyncio.sleep(0.001)
        return monotonic() - began

    measured = await closed_loop(act, in_flight=4, seconds=0.05)
    assert measured.seconds >= 0.05
    assert measured.per_second == len(measured.latencies) / measured.seconds


async def test_one_refused_act_leaves_no_figure() -> None:
    async def act() -> float:
        await asyncio.sleep(0)
        raise BenchFailed("refused")

    with pytest.raises(BenchFailed, match="refused"):
        await closed_loop(act, in_flight=8, seconds=30)
