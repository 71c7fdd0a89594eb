"""One wrong sign, or two neighbours swapped, is always noticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import InvalidInput
from records.cases.reference import new_reference, parse_reference

SIGNS = "23456789CDFGHJKMNPRTVWX"


@given(st.integers(0, 7), st.sampled_from(SIGNS))
def test_one_wrong_sign_is_noticed(place, sign):
    reference = new_reference().replace("-", "")
    slip = reference[:place] + sign + reference[place + 1 :]
    if slip != reference:
        with pytest.raises(InvalidInput):
            parse_reference(slip)


@given(st.integers(0, 6))
def test_two_neighbours_swapped_are_noticed(place):
    reference = new_reference().replace("-", "")
    slip = reference[:place] + reference[place + 1] + reference[place] + reference[place + 2 :]
    if slip != reference:
        with pytest.raises(InvalidInput):
            parse_reference(slip)
