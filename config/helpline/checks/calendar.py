"""Hours: each queue and channel has them once, and no two intervals of a day overlap."""

from collections.abc import Iterator
from itertools import pairwise

import holidays

from config.helpline.schema.calendar import HolidayCalendar, HoursFile, Intervals
from config.helpline.schema.lanes import EVERY, QueuesFile
from config.helpline.sources import Mistake
from config.vocabulary import Channel

HOURS = "hours.toml"
_YEARS = range(2025, 2035)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def wrong_coverage(hours: HoursFile, queues: QueuesFile) -> Iterator[Mistake]:
    """A queue without hours would be closed for ever; one with two sets would be ambiguous."""
    known = {queue.id for queue in queues.queues}
    lanes = [(queue.id, channel) for queue in queues.queues for channel in queue.channels]
    named = [(f"hours[{index}]", rule.queues) for index, rule in enumerate(hours.hours)]
    named += [(f"exceptions[{index}]", each.queues) for index, each in enumerate(hours.exceptions)]
    for key, names in named:
        for name in names:
            if name != EVERY and name not in known:
                yield Mistake(HOURS, f"{key}.queues", f"no queue is called {name}")
    for queue, channel in lanes:
        count = sum(covers(rule.queues, rule.channels, queue, channel) for rule in hours.hours)
        if count == 0:
            yield Mistake(HOURS, "hours", f"{queue} has no hours for {channel}")
        if count > 1:
            yield Mistake(HOURS, "hours", f"{queue} has hours for {channel} {count} times")
        days = [
            special.day
            for special in hours.exceptions
            if covers(special.queues, special.channels, queue, channel)
        ]
        for day in sorted({day for day in days if days.count(day) > 1}):
            reason = f"{queue} has {day.isoformat()} twice for {channel}"
            yield Mistake(HOURS, "exceptions", reason)


def overlaps(hours: HoursFile) -> Iterator[Mistake]:
    """Two intervals of a day that overlap are a typing mistake."""
    for index, rule in enumerate(hours.hours):
        for weekday, name in enumerate(DAYS):
            if _overlap(rule.week.day(weekday)):
                yield Mistake(HOURS, f"hours[{index}].week.{name}", "has intervals that overlap")
        if isinstance(rule.on_holidays, tuple) and _overlap(rule.on_holidays):
            yield Mistake(HOURS, f"hours[{index}].on_holidays", "has intervals that overlap")
    for index, special in enumerate(hours.exceptions):
        if _overlap(special.intervals):
            key = f"exceptions[{index}].intervals"
            yield Mistake(HOURS, key, "has intervals that overlap")


def unknown_holidays(hours: HoursFile) -> Iterator[Mistake]:
    """The calendar of public holidays must exist, or every holiday would be an ordinary day."""
    calendar = hours.holidays
    supported = holidays.list_supported_countries()
    if calendar.country not in supported:
        yield Mistake(HOURS, "holidays.country", "has no known calendar of holidays")
    elif calendar.subdivision and calendar.subdivision not in supported[calendar.country]:
        yield Mistake(HOURS, "holidays.subdivision", f"is not known for {calendar.country}")
    elif calendar.subdivision and not _differs(calendar):
        # The library also has zones of school holidays and territories without days of their own.
        reason = f"has no other public holidays than {calendar.country}: leave it out"
        yield Mistake(HOURS, "holidays.subdivision", reason)


def _differs(calendar: HolidayCalendar) -> bool:
    """Tell whether the calendar of a part of a country is another than the country's."""
    # Days that move with the moon come round in these years; those of a decade ago may be gone.
    whole, part = (
        holidays.country_holidays(calendar.country, subdiv=subdivision, years=_YEARS)
        for subdivision in (None, calendar.subdivision)
    )
    return whole.keys() != part.keys()


def covers(
    queues: tuple[str, ...], channels: tuple[Channel, ...], queue: str, channel: Channel
) -> bool:
    """Tell whether a rule's lists of queues and channels hold this one."""
    return channel in channels and (EVERY in queues or queue in queues)


def _overlap(intervals: Intervals) -> bool:
    ordered = sorted(intervals, key=lambda each: each.start)
    return any(later.start < earlier.end for earlier, later in pairwise(ordered))
