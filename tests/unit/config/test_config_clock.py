"""The one reader of the time, and ids that sort by birth."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from config.clock import ManualClock, SystemClock, from_milliseconds, milliseconds, monotonic
from config.ids import new_id, new_token

NOON = datetime(2026, 6, 3, 12, 0, 0, 123_000, tzinfo=UTC)


def test_system_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_manual_clock_goes_forward_only() -> None:
    clock = ManualClock(NOON.astimezone(timezone(timedelta(hours=2))))
    clock.advance(timedelta(seconds=5))
    assert clock.now() == NOON + timedelta(seconds=5)
    assert clock.now().tzinfo is UTC
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(timedelta(seconds=-1))


def test_milliseconds_come_back_as_the_same_instant() -> None:
    assert from_milliseconds(milliseconds(NOON)) == NOON


def test_monotonic_never_goes_back() -> None:
    assert monotonic() <= monotonic()


def test_ids_sort_by_birth_and_tokens_are_long() -> None:
    ids = [new_id() for _ in range(100)]
    assert ids == sorted(ids)
    assert {each.version for each in ids} == {7}
    assert len(new_token()) == 43
    assert new_token() != new_token()
