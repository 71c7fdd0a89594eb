"""The expected wait: cautious, never negative, and None when it would be a guess."""

import random

import pytest

from routing.estimate import LONGEST_TOLD_S, RecentFlow, expected_wait_seconds


def told(
    before: int = 0, *, present: int = 3, answered: int = 16, since_s: int = 600, silent_s: int = 0
) -> int | None:
    recent = RecentFlow(answered, since_s * 1000, silent_s * 1000)
    return expected_wait_seconds(before, present, recent)


def test_formula_puts_a_deviation_of_both_counts_on_the_long_side() -> None:
    # 16 answers in 600 s count as 12: 50 s each; 4 to be taken count as 4 + 2.
    assert told(3) == 300


@pytest.mark.parametrize(
    "guess",
    [
        {"answered": 4},
        {"answered": 0},
        {"present": 0},
        {"silent_s": 601},
        {"since_s": 0},
        {"before": 10_000},
    ],
)
def test_a_guess_is_not_told(guess: dict[str, int]) -> None:
    assert told(**guess) is None  # type: ignore[arg-type]


def test_longest_told_is_two_hours() -> None:
    waits = [told(n) for n in range(400)]
    assert max(wait for wait in waits if wait) <= LONGEST_TOLD_S
    assert waits[-1] is None


def test_more_people_ahead_never_shorten_the_wait_and_none_is_negative() -> None:
    waits = [told(n) for n in range(-2, 50)]
    assert all(wait is not None and wait > 0 for wait in waits)
    assert waits == sorted(waits)  # type: ignore[type-var]


def test_most_people_wait_no_longer_than_they_were_told() -> None:
    """Answers come at one each 30 s: of many who are told a wait, five in six wait no longer."""
    draw = random.Random(7)
    kept = asked = 0
    for _ in range(400):
        answered = sum(draw.random() < 1 / 30 for _ in range(1_800))
        ahead = draw.randrange(0, 20)
        wait = told(ahead, answered=answered, since_s=1_800)
        if wait is not None:
            asked += 1
            kept += sum(draw.expovariate(1 / 30) for _ in range(ahead + 1)) <= wait
    assert asked > 390
    assert kept / asked > 5 / 6
