"""How often a sign-in may be tried."""

import pytest

from config.errors import TooMuch
from contactcenter.auth.throttle import Buckets, Limit, SignInThrottle

LOOSE = Limit(burst=1000, refill_seconds=1)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def tries(throttle: SignInThrottle, login: str, address: str, most: int = 100) -> int:
    """Return how many attempts were let through before one was refused."""
    for done in range(most):
        try:
            throttle.begin(login, address)
        except TooMuch:
            return done
    return most


def test_five_guesses_at_one_account_from_one_place_then_one_a_minute() -> None:
    clock = Clock()
    throttle = SignInThrottle(b"k" * 32, clock)
    assert tries(throttle, "camille", "10.0.0.1") == 5
    with pytest.raises(TooMuch) as refusal:
        throttle.begin("camille", "10.0.0.1")
    assert refusal.value.code == "too_many_attempts"
    assert refusal.value.retry_after == 60
    clock.now = 60
    assert tries(throttle, "camille", "10.0.0.1") == 1


def test_knocking_while_refused_does_not_lengthen_the_wait() -> None:
    clock = Clock()
    throttle = SignInThrottle(b"k" * 32, clock)
    tries(throttle, "camille", "10.0.0.1")
    for second in range(59):
        clock.now = second
        with pytest.raises(TooMuch):
            throttle.begin("camille", "10.0.0.1")
    clock.now = 60
    throttle.begin("camille", "10.0.0.1")


def test_a_stranger_who_fails_in_her_name_does_not_keep_her_out() -> None:
    throttle = SignInThrottle(b"k" * 32, Clock())
    tries(throttle, "camille", "203.0.113.9")
    throttle.begin("camille", "10.0.0.1")


def test_one_place_trying_many_accounts_is_stopped() -> None:
    throttle = SignInThrottle(b"k" * 32, Clock(), by_address=Limit(10, 10))
    let_through = 0
    for account in range(50):
        let_through += tries(throttle, f"account-{account}", "203.0.113.9", most=1)
    assert let_through == 10
    throttle.begin("account-1", "10.0.0.1")


def test_many_places_guessing_at_one_account_are_noticed() -> None:
    throttle = SignInThrottle(b"k" * 32, Clock(), by_account=Limit(10, 10))
    attempts = [throttle.begin("camille", f"203.0.{n}.9") for n in range(50)]
    assert [attempt.account_wait for attempt in attempts] == [0] * 10 + [10] * 40


@pytest.mark.parametrize("place", ["203.0.113.{}", "2001:db8:1:{}::/64"])
def test_a_neighbourhood_trying_many_accounts_is_stopped(place: str) -> None:
    throttle = SignInThrottle(b"k" * 32, Clock(), by_area=Limit(20, 10))
    let_through = sum(tries(throttle, f"{n}", place.format(n), most=1) for n in range(50))
    assert let_through == 20
    throttle.begin("camille", "10.0.0.1")


def test_who_tries_more_ranks_behind_who_tried_less() -> None:
    throttle = SignInThrottle(b"k" * 32, Clock())
    ranks = [throttle.begin(f"{n}", "203.0.113.9").rank for n in range(3)]
    assert ranks == sorted(set(ranks))
    neighbour, stranger = throttle.begin("a", "203.0.113.8"), throttle.begin("b", "10.0.0.1")
    assert stranger.rank == 0 < neighbour.rank < ranks[-1] + 1


def test_an_attempt_without_a_turn_is_no_guess_but_has_knocked() -> None:
    throttle = SignInThrottle(b"k" * 32, Clock(), by_address=Limit(10, 10))
    for _ in range(10):
        throttle.not_judged(throttle.begin("camille", "203.0.113.9"))
    with pytest.raises(TooMuch):
        throttle.begin("camille", "203.0.113.9")
    assert throttle.begin("camille", "10.0.0.1").account_wait == 0


def test_few_codes_are_looked_at_with_the_right_password() -> None:
    clock = Clock()
    throttle = SignInThrottle(b"k" * 32, clock)
    for n in range(10):
        attempt = throttle.begin("camille", f"203.0.{n}.9")
        assert throttle.takes_code(attempt)
        throttle.wrong_code(attempt)
    assert not throttle.takes_code(throttle.begin("camille", "10.0.0.1"))
    clock.now = 120
    assert throttle.takes_code(throttle.begin("camille", "10.0.0.1"))


def test_an_honest_sign_in_is_not_counted() -> None:
    throttle = SignInThrottle(b"k" * 32, Clock())
    for _ in range(100):
        throttle.give_back(throttle.begin("camille", "10.0.0.1"))
    assert tries(throttle, "camille", "10.0.0.1") == 5


def test_attempts_are_charged_before_they_are_judged() -> None:
    throttle = SignInThrottle(b"k" * 32, Clock())
    under_way = [throttle.begin("camille", "10.0.0.1") for _ in range(5)]
    with pytest.raises(TooMuch):
        throttle.begin("camille", "10.0.0.1")
    throttle.give_back(under_way[0])
    throttle.begin("camille", "10.0.0.1")


def test_the_memory_is_bounded_and_forgets_the_oldest() -> None:
    buckets = Buckets(Limit(1, 60), max_buckets=3)
    for key in (b"a", b"b", b"c", b"d"):
        buckets.charge(key, 0.0)
    assert buckets.wait_seconds(b"a", 0.0) == 0
    assert buckets.wait_seconds(b"d", 0.0) == 60


def test_neither_login_nor_address_is_kept() -> None:
    throttle = SignInThrottle(b"k" * 32, Clock(), by_both=LOOSE)
    attempt = throttle.begin("camille", "10.0.0.1")
    hidden = (attempt.both, attempt.address, attempt.area, attempt.account)
    kept = b"".join(hidden)
    assert b"camille" not in kept
    assert b"10.0.0.1" not in kept
    assert len(set(hidden)) == 4
