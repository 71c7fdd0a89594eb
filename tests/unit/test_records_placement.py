"""The rank a contact is stored with."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from config.clock import milliseconds
from config.vocabulary import Audience, Urgency, UrgencySource
from records.contacts.snapshot import Placement

NOW = datetime(2026, 1, 5, tzinfo=UTC)
HEAD_STARTS = st.integers(0, 48 * 3_600_000)
WAITS = st.integers(0, 365 * 24 * 3600)


def placed(band: int, head_start_ms: int) -> Placement:
    return Placement(
        "mineur", Audience.MINOR, Urgency.U3, UrgencySource.SYSTEM, band, head_start_ms
    )


def test_the_formula_is_band_then_instant_less_head_start() -> None:
    assert placed(1, 600_000).rank(NOW) == 2**43 + milliseconds(NOW) - 600_000
    assert placed(0, 0).rank(NOW) == milliseconds(NOW)


@given(HEAD_STARTS, HEAD_STARTS, WAITS)
def test_immediate_danger_comes_first_whatever_the_others_waited(
    danger: int, other: int, waited: int
) -> None:
    earlier = NOW - timedelta(seconds=waited)
    assert placed(0, danger).rank(NOW) < placed(1, other).rank(earlier)


@given(HEAD_STARTS, HEAD_STARTS, WAITS)
def test_a_head_start_is_worth_exactly_its_time(one: int, two: int, seconds: int) -> None:
    later = NOW + timedelta(seconds=seconds)
    difference = placed(1, one).rank(later) - placed(1, two).rank(NOW)
    assert difference == seconds * 1000 - one + two


@given(HEAD_STARTS, WAITS)
def test_every_rank_is_exact_in_a_double(head_start_ms: int, seconds: int) -> None:
    rank = placed(1, head_start_ms).rank(NOW + timedelta(seconds=seconds))
    assert int(float(rank)) == rank
    assert 0 < rank < 2**53
