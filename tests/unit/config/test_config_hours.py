"""When a queue answers: weeks, holidays, exceptional days, changes of clocks."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config.helpline.hours import Closed, Open, intervals_on, is_holiday, opening
from config.helpline.schema.calendar import HolidayCalendar, HoursFile
from config.vocabulary import Channel

PARIS = ZoneInfo("Europe/Paris")
OFFICE = ["09:00-12:30", "13:30-18:00"]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def rules(
    week: dict[str, list[str]] | None = None,
    on_holidays: str | list[str] = "as_usual",
    exceptions: list[dict[str, Any]] | None = None,
) -> HoursFile:
    days = {day: (week or {}).get(day, []) for day in DAYS}
    return HoursFile.model_validate(
        {
            "holidays": {"country": "FR"},
            "hours": [
                {"queues": ["q"], "channels": ["call"], "week": days, "on_holidays": on_holidays}
            ],
            "exceptions": exceptions or [],
        }
    )


def always() -> dict[str, list[str]]:
    return {day: ["00:00-24:00"] for day in DAYS}


def paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS)  # type: ignore[arg-type,misc]


def at(
    given: HoursFile, now: datetime, queue: str = "q", channel: Channel = Channel.CALL
) -> Open | Closed:
    return opening(given, PARIS, channel, queue, now)


WEEK = rules(dict.fromkeys(DAYS[:5], OFFICE), on_holidays="closed")


def test_open_until_the_end_of_the_interval() -> None:
    assert at(WEEK, paris(2026, 6, 3, 10)) == Open(
        closes_at=datetime(2026, 6, 3, 10, 30, tzinfo=UTC)
    )


def test_first_minute_is_open_and_last_instant_is_closed() -> None:
    assert isinstance(at(WEEK, paris(2026, 6, 3, 9)), Open)
    assert at(WEEK, paris(2026, 6, 3, 12, 30)) == Closed(reopens_at=paris(2026, 6, 3, 13, 30))


def test_closed_for_the_weekend_until_monday() -> None:
    assert at(WEEK, paris(2026, 6, 5, 18)) == Closed(reopens_at=paris(2026, 6, 8, 9))


def test_holiday_closes_and_the_next_working_day_opens() -> None:
    # 14 July 2026 is a Tuesday.
    assert at(WEEK, paris(2026, 7, 14, 10)) == Closed(reopens_at=paris(2026, 7, 15, 9))


def test_holiday_as_usual_changes_nothing() -> None:
    given = rules(dict.fromkeys(DAYS, OFFICE))
    assert isinstance(at(given, paris(2026, 7, 14, 10)), Open)


def test_holiday_may_have_hours_of_its_own() -> None:
    given = rules(dict.fromkeys(DAYS, OFFICE), on_holidays=["10:00-11:00"])
    assert at(given, paris(2026, 7, 14, 9, 30)) == Closed(reopens_at=paris(2026, 7, 14, 10))


def test_exceptional_day_wins_over_the_week_and_over_a_holiday() -> None:
    day = {"queues": ["*"], "channels": ["call"], "intervals": ["10:00-11:00"]}
    given = rules(
        dict.fromkeys(DAYS, OFFICE),
        on_holidays="closed",
        exceptions=[{"day": date(2026, 12, 24), **day}, {"day": date(2026, 12, 25), **day}],
    )
    assert at(given, paris(2026, 12, 24, 9)) == Closed(reopens_at=paris(2026, 12, 24, 10))
    assert isinstance(at(given, paris(2026, 12, 25, 10)), Open)
    assert isinstance(at(given, paris(2026, 12, 26, 9)), Open)


def test_exceptional_day_of_another_queue_changes_nothing() -> None:
    given = rules(
        dict.fromkeys(DAYS, OFFICE),
        exceptions=[
            {"day": date(2026, 12, 24), "queues": ["r"], "channels": ["call"], "intervals": []}
        ],
    )
    assert isinstance(at(given, paris(2026, 12, 24, 10)), Open)


def test_day_and_night_has_no_closing_in_sight() -> None:
    assert at(rules(always()), paris(2026, 6, 3, 3)) == Open(closes_at=None)


def test_night_written_as_two_days_is_one_opening() -> None:
    given = rules({"fri": ["22:00-24:00"], "sat": ["00:00-02:00"]})
    assert at(given, paris(2026, 6, 5, 23)) == Open(closes_at=paris(2026, 6, 6, 2))


def test_intervals_may_be_written_in_any_order() -> None:
    given = rules({"wed": ["14:00-15:00", "09:00-10:00"]})
    assert at(given, paris(2026, 6, 3, 8)) == Closed(reopens_at=paris(2026, 6, 3, 9))


def test_queue_or_channel_without_hours_is_closed_for_ever() -> None:
    assert at(rules(always()), paris(2026, 6, 3, 10), queue="other") == Closed(reopens_at=None)
    closed = at(rules(always()), paris(2026, 6, 3, 10), channel=Channel.CHAT)
    assert closed == Closed(reopens_at=None)


def test_never_open_again_within_sight_is_said_as_such() -> None:
    assert at(rules({}), paris(2026, 6, 3, 10)) == Closed(reopens_at=None)


@pytest.mark.parametrize("month_and_day", [(3, 29), (10, 25)])
def test_wall_clock_hours_hold_on_the_days_clocks_change(month_and_day: tuple[int, int]) -> None:
    given = rules({"sun": ["09:00-17:00"]})
    before = paris(2026, *month_and_day, 8, 59)
    assert at(given, before) == Closed(reopens_at=paris(2026, *month_and_day, 9))
    assert isinstance(at(given, paris(2026, *month_and_day, 16, 59)), Open)


def test_interval_inside_the_hour_that_spring_skips_moves_an_hour_later() -> None:
    given = rules({"sun": ["02:15-02:45", "03:00-04:00"]})
    assert at(given, paris(2026, 3, 29, 1)) == Closed(reopens_at=paris(2026, 3, 29, 3))
    assert at(given, paris(2026, 3, 29, 3, 20)) == Open(
        closes_at=paris(2026, 3, 29, 4).astimezone(UTC)
    )


def test_interval_that_ends_as_the_skipped_hour_does_not_exist() -> None:
    given = rules({"sun": ["02:30-03:00", "10:00-11:00"]})
    assert at(given, paris(2026, 3, 29, 1)) == Closed(reopens_at=paris(2026, 3, 29, 10))


def test_day_and_night_stays_open_across_the_skipped_hour() -> None:
    start = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
    for quarter in range(4 * 6):
        assert isinstance(at(rules(always()), start + timedelta(minutes=15 * quarter)), Open)


def test_instants_returned_are_utc() -> None:
    closed = at(WEEK, paris(2026, 6, 6, 12))
    assert isinstance(closed, Closed)
    assert closed.reopens_at is not None
    assert closed.reopens_at.tzinfo is UTC


def test_eleven_french_holidays_are_known() -> None:
    calendar = HolidayCalendar(country="FR")
    year = [date(2026, 1, 1) + timedelta(days=offset) for offset in range(365)]
    assert sum(is_holiday(calendar, day) for day in year) == 11
    assert is_holiday(calendar, date(2026, 5, 14))  # Ascension, a Thursday


def test_subdivision_adds_its_own_holidays() -> None:
    assert is_holiday(HolidayCalendar(country="FR", subdivision="57"), date(2026, 12, 26))
    assert not is_holiday(HolidayCalendar(country="FR"), date(2026, 12, 26))


def test_intervals_of_a_day_without_rule_are_none() -> None:
    assert intervals_on(WEEK, Channel.CHAT, "q", date(2026, 6, 3)) == ()
