"""The figures of each queue on each channel, from the index's counters. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from config.helpline.helpline import Helpline
from config.helpline.lanes import Lane
from config.vocabulary import Channel, OverrideKind
from contactcenter.centre.queue.states import QueueStates
from contactcenter.centre.staff.contact_views import queue_label
from contactcenter.centre.staff.outlook import Outlook
from contactcenter.centre.supervision_views import (
    OverrideView,
    QueueFigures,
    ServiceTargetView,
)
from records.overrides import QueueOverride
from routing.flow import Flow, together
from routing.model import LaneLoad, Overview


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at the pool: the index's counters, the queues' states, and what may be expected."""

    helpline: Helpline
    overview: Overview
    states: QueueStates
    outlook: Outlook

    def figures(self, overrides: Sequence[QueueOverride]) -> list[QueueFigures]:
        """Return who waits where and whether it answers, with the figures of the window.

        In the queues' order, with what supervisors set on each.
        """
        return [
            self._figures(queue, channel, lanes, covering(overrides, queue, channel))
            for (queue, channel), lanes in self._lanes().items()
        ]

    def _figures(
        self, queue: str, channel: Channel, lanes: Sequence[Lane], override: OverrideView | None
    ) -> QueueFigures:
        loads = [self.overview.lanes[lane.id] for lane in lanes]
        flow = together(each.flow for each in loads)
        state = self.states.of(queue, channel)
        target = self.helpline.queue(queue).service_target.get(channel)
        return QueueFigures(
            queue=queue,
            label=queue_label(self.helpline, queue),
            channel=channel,
            waiting=sum(each.waiting for each in loads),
            longest_wait_seconds=_longest(loads, self.overview.now_ms),
            state=state.kind,
            reopens_at=state.reopens_at,
            estimated_wait_seconds=self.outlook.wait_seconds(
                self.overview, [lane.id for lane in lanes if lane.need is None]
            ),
            window_seconds=self.overview.window_ms // 1000,
            answered=flow.answered,
            abandoned=flow.abandoned,
            abandoned_early=flow.abandoned_early,
            service_level=None if target is None else _percent(flow),
            target=target and ServiceTargetView(percent=target.percent, seconds=target.seconds),
            override=override,
        )

    def _lanes(self) -> dict[tuple[str, Channel], list[Lane]]:
        lanes: dict[tuple[str, Channel], list[Lane]] = {}
        for lane in self.helpline.lanes():
            if lane.id in self.overview.lanes:
                lanes.setdefault((lane.queue, lane.channel), []).append(lane)
        return lanes


def figures_of_lines(
    helpline: Helpline, figures: Iterable[QueueFigures], line_ids: Collection[str]
) -> list[QueueFigures]:
    """Return those of some lines' queues."""
    main = helpline.line.id
    return [each for each in figures if (helpline.queue(each.queue).line or main) in line_ids]


def override_views(overrides: Iterable[QueueOverride]) -> list[OverrideView]:
    """Return what is set, one entry for each queue and channel: a closing and a message together."""
    found: dict[tuple[str, Channel | None], list[QueueOverride]] = {}
    for each in overrides:
        found.setdefault((each.queue, each.channel), []).append(each)
    return [_view(kinds) for kinds in found.values()]


def covering(
    overrides: Iterable[QueueOverride], queue: str, channel: Channel
) -> OverrideView | None:
    """Return what is set on a queue and channel, its own before what is set on all."""
    nearest = sorted(
        (each for each in overrides if each.concerns(queue, channel)),
        key=lambda each: (each.queue != queue, each.channel is None),
    )
    kinds = {kind: next((o for o in nearest if o.kind is kind), None) for kind in OverrideKind}
    standing = [each for each in kinds.values() if each is not None]
    return _view(standing) if standing else None


def _view(standing: Sequence[QueueOverride]) -> OverrideView:
    closed = next((each for each in standing if each.kind is OverrideKind.CLOSED), None)
    said = next((each for each in standing if each.kind is OverrideKind.MESSAGE), None)
    named = closed or said
    assert named is not None, "what is set closes or says something"
    return OverrideView(
        queue=named.queue,
        channel=named.channel,
        closed=closed is not None,
        message=None if said is None or said.texts is None else dict(said.texts),
        until=named.until,
        set_at=named.set_at,
    )


def _percent(flow: Flow) -> int | None:
    level = flow.service_level
    return None if level is None else round(100 * level)


def _longest(lanes: Iterable[LaneLoad], now_ms: int) -> int | None:
    since = [each.oldest_since_ms for each in lanes if each.oldest_since_ms is not None]
    return max(0, now_ms - min(since)) // 1000 if since else None
