"""hours.toml: when each queue answers, on each channel."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from config.helpline.schema.base import Id, Rule
from config.vocabulary import Channel

MINUTES_A_DAY = 24 * 60


class Interval(Rule):
    """Minutes of a local day, the end not included; 0 to 1440."""

    start: Annotated[int, Field(ge=0, lt=MINUTES_A_DAY)]
    end: Annotated[int, Field(gt=0, le=MINUTES_A_DAY)]


def _interval(value: object) -> object:
    match = re.fullmatch(
        r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)", str(value)
    )
    if match is None:
        raise ValueError('must be written like "09:00-18:30", at most until "24:00"')
    start = int(match[1]) * 60 + int(match[2])
    end = MINUTES_A_DAY if match[3] is None else int(match[3]) * 60 + int(match[4])
    if end <= start:
        raise ValueError("must end after it starts: write a night as two days' intervals")
    return Interval(start=start, end=end)


Intervals = tuple[Annotated[Interval, BeforeValidator(_interval)], ...]


class Week(Rule):
    """The intervals of each week day; a day must be written, an empty list means closed."""

    mon: Intervals
    tue: Intervals
    wed: Intervals
    thu: Intervals
    fri: Intervals
    sat: Intervals
    sun: Intervals

    def day(self, weekday: int) -> Intervals:
        """Return the intervals of `date.weekday()`."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)[weekday]


class HoursRule(Rule):
    """When some queues answer on some channels."""

    queues: Annotated[tuple[Id | Literal["*"], ...], Field(min_length=1)]
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    week: Week
    on_holidays: Literal["as_usual", "closed"] | Intervals
    # Meant to be closed outside these hours: who comes then is told so, and another
    # channel must answer them.
    may_close: bool = False


class ExceptionalDay(Rule):
    """A day unlike its week: it wins over the week and over a holiday."""

    day: date
    queues: Annotated[tuple[Id | Literal["*"], ...], Field(min_length=1)]
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    intervals: Intervals


class HolidayCalendar(Rule):
    """Which public holidays count, by the codes of the `holidays` library (ISO 3166)."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    subdivision: str | None = None


class HoursFile(Rule):
    """hours.toml."""

    holidays: HolidayCalendar
    hours: Annotated[tuple[HoursRule, ...], Field(min_length=1)]
    exceptions: tuple[ExceptionalDay, ...] = ()
