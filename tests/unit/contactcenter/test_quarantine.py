"""What fails by itself is counted by itself: others go on, and nothing is remembered for ever."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from config.clock import ManualClock
from config.errors import Conflict, Unavailable
from contactcenter.centre.ledger import ASIDE, FAILURES_ALLOWED, FORGOTTEN_AFTER, REMEMBERED, Ledger
from contactcenter.centre.quarantine import BUSY_IN_A_ROW, About, Quarantine, code_of
from contactcenter.loops import engine_away
from tests.kit.quarantine import quarantine

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
AWAY = Unavailable("away", code="database_unavailable")
BUSY = Unavailable("busy", code="database_busy")


class Rounds:
    """Items named by numbers; `errors` says which of them fail, and how."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.quarantine: Quarantine = quarantine(self.clock)
        self.errors: dict[int, Exception] = {}
        self.tried: list[int] = []

    async def act(self, item: int) -> None:
        self.tried.append(item)
        if item in self.errors:
            raise self.errors[item]

    async def once(self, *items: int) -> list[int]:
        self.tried.clear()
        return await self.quarantine.each(items, self.act, lambda item: About("a", UUID(int=item)))


async def test_one_item_that_fails_costs_no_other_its_turn() -> None:
    rounds = Rounds()
    for error in (Conflict("moved on"), AssertionError("a mistake of ours"), KeyError("x")):
        rounds.errors = {1: error}
        assert await rounds.once(1, 2, 3) == [2, 3]
    # It is tried after those that did not fail: what it costs, it costs nobody else.
    await rounds.once(1, 2, 3)
    assert rounds.tried == [2, 3, 1]


async def test_an_item_that_fails_five_times_is_left_alone_for_five_minutes_then_tried_again() -> (
    None
):
    rounds = Rounds()
    rounds.errors = {1: Conflict("moved on")}
    for _ in range(FAILURES_ALLOWED):
        await rounds.once(1, 2)
    assert rounds.quarantine.aside == 1
    await rounds.once(1, 2)
    assert rounds.tried == [2]
    rounds.clock.advance(ASIDE)
    await rounds.once(1, 2)
    assert rounds.tried == [2, 1]
    await rounds.once(1, 2)
    assert rounds.tried == [2], "one more failure sets it aside again at once"
    rounds.clock.advance(ASIDE)
    rounds.errors.clear()
    assert await rounds.once(1, 2) == [2, 1]
    assert rounds.quarantine.aside == 0
    await rounds.once(1, 2)
    assert rounds.tried == [1, 2], "once it works it is as good as any other"


async def test_an_engine_that_is_away_is_nobodys_failure_and_ends_the_round() -> None:
    rounds = Rounds()
    rounds.errors = {2: AWAY}
    for _ in range(FAILURES_ALLOWED + 1):
        with pytest.raises(Unavailable):
            await rounds.once(1, 2, 3)
        assert rounds.tried == [1, 2]
    assert rounds.quarantine.aside == 0


async def test_one_row_that_is_locked_is_that_items_failure_many_are_the_databases() -> None:
    rounds = Rounds()
    rounds.errors = {1: BUSY}
    for _ in range(FAILURES_ALLOWED):
        assert await rounds.once(1, 2) == [2]
    assert rounds.quarantine.aside == 1
    rounds = Rounds()
    rounds.errors = {1: BUSY}
    with pytest.raises(Unavailable):
        await rounds.once(1)
    rounds.errors = dict.fromkeys(range(1, 9), BUSY)
    with pytest.raises(Unavailable):
        await rounds.once(0, *range(1, 9))
    assert rounds.tried == [0, *range(1, BUSY_IN_A_ROW + 1)]
    assert rounds.quarantine.aside == 0


def test_a_ledger_forgets_the_oldest_failures_and_those_of_long_ago() -> None:
    ledger = Ledger()
    for item in range(REMEMBERED + 1):
        assert not ledger.failed(item, NOW)
    assert not ledger.has_failed(0)
    assert ledger.has_failed(1)
    for _ in range(FAILURES_ALLOWED - 1):
        ledger.failed("late", NOW)
    assert not ledger.failed("late", NOW + FORGOTTEN_AFTER + timedelta(seconds=1))
    assert not ledger.is_aside("unknown", NOW)
    assert not ledger.worked("unknown")
    assert not ledger.worked("late")
    assert not ledger.has_failed("late")


def test_an_error_of_ours_is_named_by_its_code_another_by_its_kind_and_none_by_its_words() -> None:
    assert code_of(Conflict("words", code="contact_gone")) == "contact_gone"
    assert code_of(ValueError("+33612345678")) == "crashed_valueerror"


def test_engines_that_are_away_for_several_tasks_at_once_are_away() -> None:
    assert engine_away(AWAY) is AWAY
    assert engine_away(ExceptionGroup("several", [AWAY, ExceptionGroup("more", [BUSY])])) is AWAY
    assert engine_away(ExceptionGroup("several", [AWAY, ValueError("x")])) is None
    assert engine_away(ValueError("x")) is None
