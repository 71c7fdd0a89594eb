"""Who may open how many conversations: a school may, a flood may not, and a newcomer always may."""

from uuid import uuid4

from chat.limits import HttpLimits, Rate
from chat.openings import Opener, Openings

SCHOOL = Opener("school", "its town")
LIMITS = HttpLimits()


def shipped() -> Openings:
    return Openings(LIMITS.openings_per_address, LIMITS.openings)


def opened(openings: Openings, opener: Opener, most: int = 2_000, now: float = 0.0) -> int:
    """Return how many this one opens at once before being refused."""
    for number in range(most):
        if openings.take(opener, now):
            return number
    return most


def test_a_school_opens_as_many_as_a_class_and_more() -> None:
    assert opened(shipped(), SCHOOL) >= 100


def test_one_address_alone_does_not_fill_the_service() -> None:
    openings = shipped()
    opened(openings, Opener("flood", "somewhere"))
    assert opened(openings, SCHOOL) >= 90


def test_a_thousand_addresses_leave_something_for_a_newcomer() -> None:
    openings = shipped()
    attacked = sum(opened(openings, Opener(n, n // 4)) for n in range(1_000))
    assert attacked < LIMITS.openings.burst
    now = 10.0
    assert opened(openings, Opener("newcomer", "elsewhere"), now=now) >= 1


def test_a_neighbourhood_has_its_share_whatever_the_number_of_its_addresses() -> None:
    openings = shipped()
    assert sum(opened(openings, Opener(n, "a /48")) for n in range(5_000)) <= 250
    assert opened(openings, SCHOOL) >= 80


def test_the_service_takes_no_more_each_second_than_it_can_whoever_pushes() -> None:
    openings = shipped()
    for second in range(60):
        taken = sum(opened(openings, Opener((second, n), n), now=second) for n in range(300))
    assert taken <= 2 * LIMITS.openings.per_second


def test_the_limit_grows_with_what_is_answered() -> None:
    openings = Openings(Rate(2, 0.01), Rate(100, 1))
    talks = [uuid4(), uuid4()]
    for talk in talks:
        assert openings.take(SCHOOL, 0.0) == 0
        openings.opened(SCHOOL, talk, 0.0)
    assert openings.take(SCHOOL, 0.0) > 0
    assert openings.unanswered(SCHOOL, 5, 0.0) == talks
    openings.answered(SCHOOL, 0.0)
    assert openings.take(SCHOOL, 0.0) == 0
    assert openings.take(SCHOOL, 0.0) > 0
    assert openings.take(SCHOOL, 100.0) == 0, "and what nobody answered leaks away"


def test_what_is_remembered_is_bounded() -> None:
    openings = shipped()
    for number in range(12_000):
        openings.take(Opener(number, number), number * 1.0)
    assert len(openings._weights) <= 10_000
