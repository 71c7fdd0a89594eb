"""config.dates: days as each language says them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from config.dates import day_words, moment_words

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("EEEE d MMMM 'à' H 'h' mm", "vendredi 1er janvier à 9 h 00"),
        ("'le' EEEE d MMMM", "le vendredi 1er janvier"),
        ("d MMM y, HH:mm", "1er janv. 2027, 09:00"),
        ("d LLLL", "1er janvier"),
        ("d/MM/y", "1/01/2027"),
        ("dd MMMM", "01 janvier"),
        ("'d' d", "d 1"),
    ],
)
def test_the_first_of_a_month_is_said_1er_before_its_name(pattern: str, words: str) -> None:
    at = datetime(2027, 1, 1, 8, tzinfo=UTC)
    assert moment_words(at, pattern, PARIS, "fr") == words


def test_other_days_and_other_languages_stay_as_they_are() -> None:
    assert day_words(date(2027, 1, 1), "fr") == "1er janvier 2027"
    assert day_words(date(2027, 1, 11), "fr") == "11 janvier 2027"
    assert day_words(date(2027, 1, 1), "en") == "January 1, 2027"
    assert day_words(date(2027, 1, 1), "en", "EEEE, d MMMM") == "Friday, 1 January"


def test_the_first_is_that_of_the_line_s_own_zone() -> None:
    at = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert moment_words(at, "d MMMM", PARIS, "fr") == "1er janvier"
    assert moment_words(at, "d MMMM", ZoneInfo("UTC"), "fr") == "31 décembre"
