"""The queue score: U1 strictly first, everybody else by head start."""

import pytest

from config.vocabulary import Urgency
from routing.rank import BAND, band_of, rank, standing

NOW = 1_772_000_000_000
MINUTE = 60_000
HEAD_STARTS = {Urgency.U2: 20 * MINUTE, Urgency.U3: 10 * MINUTE, Urgency.U4: 0, Urgency.U5: 0}


def place(urgency: Urgency, queued_ms: int, **more: int) -> int:
    return standing(urgency, queued_ms, HEAD_STARTS, **more).rank


def test_immediate_danger_goes_before_any_wait() -> None:
    assert place(Urgency.U1, NOW) < place(Urgency.U2, 0 + HEAD_STARTS[Urgency.U2])


def test_head_start_counts_as_time_waited() -> None:
    assert place(Urgency.U2, NOW) == place(Urgency.U4, NOW - 20 * MINUTE)


def test_calm_contact_overtakes_an_urgent_newcomer_after_long_enough() -> None:
    assert place(Urgency.U5, NOW - 21 * MINUTE) < place(Urgency.U2, NOW)
    assert place(Urgency.U5, NOW - 19 * MINUTE) > place(Urgency.U2, NOW)


def test_returned_contact_has_one_more_head_start_in_the_same_formula() -> None:
    returned = standing(Urgency.U3, NOW, HEAD_STARTS, returned_head_start_ms=60 * MINUTE)
    assert returned == (1, 70 * MINUTE, BAND + NOW - 70 * MINUTE)


def test_returned_danger_goes_before_other_danger_and_never_leaves_its_band() -> None:
    returned = standing(Urgency.U1, NOW, HEAD_STARTS, returned_head_start_ms=60 * MINUTE)
    assert returned == (0, 60 * MINUTE, NOW - 60 * MINUTE)


def test_every_rank_is_exact_in_a_double() -> None:
    assert int(float(rank(1, BAND - 1, 0))) == 2 * BAND - 1


@pytest.mark.parametrize(("band", "queued", "head_start"), [(2, NOW, 0), (1, 5, 6), (0, BAND, 0)])
def test_place_outside_its_band_is_refused(band: int, queued: int, head_start: int) -> None:
    with pytest.raises(ValueError, match="band"):
        rank(band, queued, head_start)


def test_only_u1_is_in_the_first_band() -> None:
    assert [band_of(urgency) for urgency in Urgency] == [0, 1, 1, 1, 1]
