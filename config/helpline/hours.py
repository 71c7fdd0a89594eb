"""Whether a queue answers on a channel at an instant, and until or from when.

Pure: the instant is given, the calendar of holidays is computed from the
year. Intervals are of the line's own local days; across a change of clocks
they keep the wall clock's words ("09:00"), so a day may have 23 or 25 hours.
Nothing fails open: a queue without hours is closed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from config.helpline.schema.calendar import (
    MINUTES_A_DAY,
    HolidayCalendar,
    HoursFile,
    Intervals,
    Week,
)
from config.helpline.schema.lanes import EVERY
from config.vocabulary import Channel

# How far ahead a next opening is looked for; also how far adjoining intervals are joined.
HORIZON_DAYS = 60


@dataclass(frozen=True, slots=True)
class Open:
    """The queue answers; `closes_at` is None when no closing is in sight within 60 days."""

    closes_at: datetime | None


@dataclass(frozen=True, slots=True)
class Closed:
    """The queue does not answer; `reopens_at` is None when no opening is in sight within 60 days."""

    reopens_at: datetime | None


def is_holiday(calendar: HolidayCalendar, day: date) -> bool:
    """Tell whether the day is a public holiday of the calendar."""
    return day in _holidays(calendar.country, calendar.subdivision, day.year)


@lru_cache(maxsize=64)
def _holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    days = holidays.country_holidays(country, subdiv=subdivision, years=year, expand=False)
    return frozenset(days.keys())


def intervals_on(rules: HoursFile, channel: Channel, queue: str, day: date) -> Intervals:
    """Return the local intervals of a day: an exceptional day wins, then a holiday, then the week."""
    for special in rules.exceptions:
        if special.day == day and _covers(special.queues, special.channels, queue, channel):
            return special.intervals
    for rule in rules.hours:
        if not _covers(rule.queues, rule.channels, queue, channel):
            continue
        if rule.on_holidays == "as_usual" or not is_holiday(rules.holidays, day):
            return rule.week.day(day.weekday())
        return () if rule.on_holidays == "closed" else rule.on_holidays
    return ()


def within(week: Week, zone: ZoneInfo, now: datetime) -> bool:
    """Tell whether an instant (aware) lies in the intervals of a week, holidays or not."""
    local = now.astimezone(zone)
    minute = local.hour * 60 + local.minute
    return any(each.start <= minute < each.end for each in week.day(local.weekday()))


def opening(
    rules: HoursFile, zone: ZoneInfo, channel: Channel, queue: str, now: datetime
) -> Open | Closed:
    """Return whether `queue` answers on `channel` at `now` (aware); instants returned are UTC."""
    first_day = now.astimezone(zone).date()
    last_day = first_day + timedelta(days=HORIZON_DAYS)
    for start, end in _joined(_spans(rules, zone, channel, queue, first_day)):
        if end <= now:
            continue
        if start > now:
            return Closed(reopens_at=start)
        in_sight = end.astimezone(zone).date() <= last_day
        return Open(closes_at=end if in_sight else None)
    return Closed(reopens_at=None)


def _covers(
    queues: tuple[str, ...], channels: tuple[Channel, ...], queue: str, channel: Channel
) -> bool:
    return channel in channels and (EVERY in queues or queue in queues)


def _spans(
    rules: HoursFile, zone: ZoneInfo, channel: Channel, queue: str, first_day: date
) -> Iterator[tuple[datetime, datetime]]:
    for offset in range(HORIZON_DAYS + 1):
        day = first_day + timedelta(days=offset)
        for interval in sorted(
            intervals_on(rules, channel, queue, day), key=lambda each: each.start
        ):
            start, end = _instant(day, interval.start, zone), _instant(day, interval.end, zone)
            # In the hour that spring skips, words move an hour later (as RFC 5545 has it); an
            # interval whose start so passes its end does not exist that day.
            if start < end:
                yield start, end


def _instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    if minute == MINUTES_A_DAY:
        day, minute = day + timedelta(days=1), 0
    local = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone)
    return local.astimezone(UTC)


def _joined(
    spans: Iterator[tuple[datetime, datetime]],
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the spans with adjoining ones (…-24:00, 00:00-…) made one."""
    current: tuple[datetime, datetime] | None = None
    for start, end in spans:
        if current is None:
            current = (start, end)
        elif start <= current[1]:
            current = (min(current[0], start), max(current[1], end))
        else:
            yield current
            current = (start, end)
    if current is not None:
        yield current
