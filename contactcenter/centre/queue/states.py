"""Whether each queue answers, truthfully: hours, supervisors' words, presence and counts.

Looked at once a second and kept in memory, so that a webhook or a page says
what is true without asking an engine. What has not been heard for a while is
not known, and then nobody is told « nobody is there » or « full »: whoever
comes is taken in and waits. Hours need no engine and always count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from config.clock import Clock
from config.errors import Unavailable
from config.helpline.helpline import Helpline
from config.helpline.hours import Closed
from config.vocabulary import Channel, OverrideKind, QueueStateKind
from records.overrides import QueueOverride, QueueOverrides
from routing.model import Overview
from routing.router import Router

# Counts older than this say nothing any more; a look comes each second.
COUNTS_LAST = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class QueueState:
    """Whether a queue answers on a channel, and a supervisor's message, by language.

    `reopens_at` is given only while closed, and None when no opening is in
    sight. A queue of `unstaffed` or `full` is within its hours. One that is
    not `heard` of takes who comes (`open`), and nothing is said of who is there.
    """

    kind: QueueStateKind
    reopens_at: datetime | None = None
    message: Mapping[str, str] | None = None
    heard: bool = True

    @property
    def is_closed(self) -> bool:
        """Tell whether its hours, or a supervisor, keep it closed."""
        return self.kind is QueueStateKind.CLOSED

    @property
    def known(self) -> QueueStateKind | None:
        """Return what may be said of it, None when who is there is not known."""
        return self.kind if self.heard else None

    def says(self, language: str) -> str | None:
        """Return the supervisor's message, in that language or the first it was given in."""
        if not self.message:
            return None
        return self.message.get(language) or next(iter(self.message.values()))


@dataclass(frozen=True, slots=True)
class LaneCount:
    """What the index counts in a lane; `first_choice` and `helpers` are ready or busy listeners."""

    waiting: int = 0
    first_choice: int = 0
    helpers: int = 0


@dataclass(frozen=True)
class Picture:
    """What was last looked at; pure. `counts` None: presence and counts are not known."""

    helpline: Helpline
    overrides: tuple[QueueOverride, ...] = ()
    counts: Mapping[str, LaneCount] | None = None
    _lanes: Mapping[tuple[str, Channel], tuple[str, ...]] = field(init=False, repr=False)
    _lines: Mapping[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Gather the lanes of each queue and channel, and each queue's line, once."""
        lanes: dict[tuple[str, Channel], tuple[str, ...]] = {}
        for lane in self.helpline.lanes():
            key = lane.queue, lane.channel
            lanes[key] = (*lanes.get(key, ()), lane.id)
        object.__setattr__(self, "_lanes", MappingProxyType(lanes))
        main = self.helpline.line.id
        lines = {queue.id: queue.line or main for queue in self.helpline.queues}
        object.__setattr__(self, "_lines", MappingProxyType(lines))

    def of(self, queue: str, channel: Channel, now: datetime) -> QueueState:
        """Return the state of a queue on a channel; closed for a queue that does not exist.

        A supervisor's closing wins, then the hours; within them `unstaffed`
        when no listener who serves the queue is signed in and ready or busy,
        `full` when as many wait as the queue holds.
        """
        said = self._said(queue, channel, now)
        closed = said.get(OverrideKind.CLOSED)
        message = said[OverrideKind.MESSAGE].texts if OverrideKind.MESSAGE in said else None
        if message is None and closed is not None:
            message = closed.texts
        if closed is not None:
            return QueueState(QueueStateKind.CLOSED, closed.until, message)
        hours = self.helpline.opening(channel, queue, now)
        if isinstance(hours, Closed):
            return QueueState(QueueStateKind.CLOSED, hours.reopens_at, message)
        heard = self.counts is not None
        return QueueState(self._counted(queue, channel), None, message, heard)

    def has_first_choice(self, lane: str) -> bool:
        """Tell whether somebody known to be present has the lane as her first choice."""
        count = None if self.counts is None else self.counts.get(lane)
        return count is not None and count.first_choice > 0

    def _counted(self, queue: str, channel: Channel) -> QueueStateKind:
        if self.counts is None:
            return QueueStateKind.OPEN
        counts = [
            self.counts[lane]
            for lane in self._lanes.get((queue, channel), ())
            if lane in self.counts
        ]
        if not any(each.first_choice or each.helpers for each in counts):
            return QueueStateKind.UNSTAFFED
        full_at = self.helpline.queue(queue).full_at
        if full_at is not None and sum(each.waiting for each in counts) >= full_at:
            return QueueStateKind.FULL
        return QueueStateKind.OPEN

    def _said(
        self, queue: str, channel: Channel, now: datetime
    ) -> dict[OverrideKind, QueueOverride]:
        """Return what supervisors said of a queue, by kind: its own words before everybody's."""
        covering = [
            each
            for each in self.overrides
            if each.line_id == self._lines.get(queue)
            and each.concerns(queue, channel)
            and (each.until is None or each.until > now)
        ]
        covering.sort(key=lambda each: (each.queue == queue, each.channel is not None))
        return {OverrideKind(each.kind): each for each in covering}


class QueueStates:
    """The states of this process, from its last look."""

    def __init__(
        self, router: Router, overrides: QueueOverrides, helpline: Helpline, clock: Clock
    ) -> None:
        """Know nothing but the hours yet."""
        self._router = router
        self._overrides = overrides
        self._helpline = helpline
        self._clock = clock
        self._picture = Picture(helpline)
        self._counted_at: datetime | None = None

    @property
    def picture(self) -> Picture:
        """Return what is known now."""
        old = self._counted_at is None or self._clock.now() - self._counted_at > COUNTS_LAST
        return replace(self._picture, counts=None) if old else self._picture

    def of(self, queue: str, channel: Channel) -> QueueState:
        """Return the state of a queue on a channel now; no engine is asked."""
        return self.picture.of(queue, channel, self._clock.now())

    async def look(self) -> None:
        """Read what supervisors said, and who is there; one that fails does not hide the other.

        Raises Unavailable after having read what could be read.
        """
        failed: Unavailable | None = None
        try:
            said: list[QueueOverride] = []
            for line in self._helpline.lines:
                said += await self._overrides.current(line.id, self._clock.now())
            self._picture = replace(self._picture, overrides=tuple(said))
        except Unavailable as error:
            failed = error  # what was said last still holds
        try:
            overview = await self._router.overview()
            self._picture = replace(self._picture, counts=counts_of(self._helpline, overview))
            self._counted_at = self._clock.now()
        except Unavailable as error:
            failed = error
        if failed is not None:
            raise failed


def counts_of(helpline: Helpline, overview: Overview) -> Mapping[str, LaneCount]:
    """Return who waits in each lane and how many serve it, first choice or helping out."""
    counts = {lane: LaneCount(load.waiting) for lane, load in overview.lanes.items()}
    for profile in helpline.all_profiles():
        present = overview.present.get(profile.id, 0)
        if not present:
            continue
        for lane in profile.lanes:
            count = counts.get(lane, LaneCount())
            counts[lane] = replace(count, first_choice=count.first_choice + present)
        for each in profile.help:
            count = counts.get(each.lane, LaneCount())
            counts[each.lane] = replace(count, helpers=count.helpers + present)
    return MappingProxyType(counts)
