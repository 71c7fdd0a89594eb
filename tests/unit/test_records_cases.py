"""A case's reference: readable aloud, and a slip never names another case."""

from datetime import UTC, datetime, timedelta

import pytest

from config.errors import InvalidInput
from records.cases.reference import is_reference, new_reference, parse_reference
from records.cases.views import waited_seconds


def test_a_reference_is_two_groups_of_four_and_reads_back():
    reference = new_reference()
    assert len(reference) == 9
    assert reference[4] == "-"
    assert not set(reference) & set("AEIOUY01LSZBQ")
    assert parse_reference(reference) == reference


def test_it_is_read_as_people_type_it():
    reference = new_reference()
    assert parse_reference(f" {reference.lower().replace('-', ' ')} ") == reference
    assert parse_reference(reference.replace("-", "")) == reference


def test_it_is_read_as_people_paste_it_and_write_it_down():
    reference = new_reference()
    assert parse_reference(f"Situation {reference}.") == reference
    assert parse_reference(f"n° {reference.replace('-', ' – ')}") == reference
    assert parse_reference(" ".join(reference.replace("-", ""))) == reference
    by_hand = reference.translate(str.maketrans("258", "ZSB"))
    assert parse_reference(by_hand) == reference
    assert is_reference(by_hand)
    assert not is_reference(f"{reference}2")


@pytest.mark.parametrize("text", ["", "K7GD", "K7GD-3MX0", "K7GD-3MXR-2", "é" * 8])
def test_what_is_no_reference_is_refused(text):
    with pytest.raises(InvalidInput) as refusal:
        parse_reference(text)
    assert refusal.value.code == "wrong_reference"


def test_a_wait_is_counted_in_whole_seconds_from_the_arrival():
    arrived = datetime(2026, 1, 5, tzinfo=UTC)
    assert waited_seconds(None, arrived, arrived + timedelta(seconds=90.9)) == 90
    assert waited_seconds(4_999, arrived, None) == 4
    assert waited_seconds(None, arrived, None) is None
    assert waited_seconds(None, arrived, arrived - timedelta(seconds=1)) == 0
