"""Is there, at every hour of the week, a way to a listener for everybody who may come?

Instants are minutes of fourteen local days, the seven of an ordinary week and
the same as public holidays, kept as the bits of one integer: union,
intersection and complement are then those of sets. Exceptional days are left
out: closing one is the operator's own decision of that day. That every lane is
served by somebody is checked beside; here only the hours are judged.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from config.helpline.checks.calendar import DAYS, covers
from config.helpline.checks.entry import ENTRY
from config.helpline.schema.calendar import MINUTES_A_DAY, HoursFile, HoursRule, Intervals
from config.helpline.schema.lanes import EntryFile, Queue, QueuesFile
from config.helpline.schema.line import LineFile
from config.helpline.sources import Mistake
from config.vocabulary import Audience, Channel

WEEK = len(DAYS)
A_DAY = (1 << MINUTES_A_DAY) - 1
ALWAYS = (1 << (2 * WEEK * MINUTES_A_DAY)) - 1
SHOWN_GAPS = 3


class Way(NamedTuple):
    """One way in: where it stands in entry.toml, and who comes by it."""

    key: str
    line: str | None
    queue: str
    channel: Channel
    audience: Audience
    languages: tuple[str, ...]


def closed_ways(
    line: LineFile, queues: QueuesFile, hours: HoursFile, entry: EntryFile
) -> Iterator[Mistake]:
    """Whoever comes at an hour when neither their queue nor what stands in for it is open."""
    by_id = {queue.id: queue for queue in queues.queues}
    open_on = {
        (queue.id, channel): _open(hours, queue.id, channel)
        for queue in queues.queues
        for channel in queue.channels
    }
    ways = [way for way in _ways(entry, line.line.languages) if way.queue in by_id]
    answered = {way: _answered(by_id, open_on, way) for way in ways}
    elsewhere: dict[tuple[Channel, Audience], int] = defaultdict(int)
    for way, minutes in answered.items():
        # A key of the menu is no way in by itself: everybody may come by the entry rule.
        if way.key.startswith("entry") and way.line is None:
            elsewhere[way.channel, way.audience] |= minutes
    for way in ways:
        missing = ALWAYS & ~answered[way]
        if _may_close(hours, way):
            for channel in Channel:
                if channel is not way.channel:
                    missing &= ~elsewhere[channel, way.audience]
        if missing:
            yield Mistake(ENTRY, way.key, _reason(way, missing))


def _reason(way: Way, missing: int) -> str:
    gaps = list(_gaps(missing))
    shown = ", ".join(gaps[:SHOWN_GAPS])
    more = f" and {len(gaps) - SHOWN_GAPS} more" if len(gaps) > SHOWN_GAPS else ""
    languages = " or ".join(way.languages)
    return (
        f"leads {way.audience} by {way.channel} in {languages} to nobody on {shown}{more}: "
        f"{way.queue} is closed, and so is what stands in for it"
    )


def _ways(entry: EntryFile, languages: tuple[str, ...]) -> Iterator[Way]:
    for key in entry.menu:
        spoken = (key.language,) if key.language else languages
        where = f"menu[{key.digit}]"
        yield Way(where, key.line, key.queue, Channel.CALL, key.audience, spoken)
    if entry.returning_queue is not None:
        back, who = entry.returning_queue, Audience.UNKNOWN
        yield Way("returning_queue", None, back, Channel.CALL, who, languages)
    for index, rule in enumerate(entry.entry):
        for channel in rule.channels:
            where = f"entry[{index}]"
            yield Way(where, rule.line, rule.queue, channel, rule.audience, languages)


def _answered(queues: dict[str, Queue], open_on: dict[tuple[str, Channel], int], way: Way) -> int:
    """Return when the queue answers, or what stands in for it, or for that one in its turn."""
    minutes = 0
    passed: set[str] = set()
    queue = queues.get(way.queue)
    while queue is not None and queue.id not in passed:
        minutes |= open_on.get((queue.id, way.channel), 0)
        passed.add(queue.id)
        queue = queues.get(queue.when_closed.queue) if queue.when_closed else None
    return minutes


def _rule(hours: HoursFile, queue: str, channel: Channel) -> HoursRule | None:
    return next(
        (each for each in hours.hours if covers(each.queues, each.channels, queue, channel)), None
    )


def _may_close(hours: HoursFile, way: Way) -> bool:
    rule = _rule(hours, way.queue, way.channel)
    return rule is not None and rule.may_close


def _open(hours: HoursFile, queue: str, channel: Channel) -> int:
    rule = _rule(hours, queue, channel)
    if rule is None:
        return 0
    week = [_bits(rule.week.day(weekday)) for weekday in range(WEEK)]
    if rule.on_holidays == "as_usual":
        holidays = week
    else:
        holidays = [_bits(() if rule.on_holidays == "closed" else rule.on_holidays)] * WEEK
    return sum(bits << (index * MINUTES_A_DAY) for index, bits in enumerate([*week, *holidays]))


def _bits(intervals: Intervals) -> int:
    bits = 0
    for each in intervals:
        bits |= ((1 << (each.end - each.start)) - 1) << each.start
    return bits


def _gaps(missing: int) -> Iterator[str]:
    """Yield each stretch of minutes in words: `mon 00:00-07:00`, or `sun` for a whole day.

    Of the holidays only what an ordinary day of that name does not lack, for all of them together.
    """
    days = [(missing >> (index * MINUTES_A_DAY)) & A_DAY for index in range(2 * WEEK)]
    on_holidays = 0
    for usual, holiday in zip(days[:WEEK], days[WEEK:], strict=True):
        on_holidays |= holiday & ~usual
    for name, day in zip((*DAYS, "holidays"), (*days[:WEEK], on_holidays), strict=True):
        minute = 0
        while day >> minute:
            rest = day >> minute
            start = minute + (rest & -rest).bit_length() - 1
            filled = ~(day >> start)
            end = start + (filled & -filled).bit_length() - 1
            whole = (start, end) == (0, MINUTES_A_DAY)
            yield name if whole else f"{name} {_clock(start)}-{_clock(end)}"
            minute = end


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
