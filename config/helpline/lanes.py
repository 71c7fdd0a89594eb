"""Lanes and profiles, worked out from queues, channels and languages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from config.helpline.schema.base import Label
from config.helpline.schema.lanes import EVERY, ProfileRule, Queue
from config.vocabulary import Channel

# A match reads the head of each lane of one profile, in one atomic step: its cost is their number.
MAX_LANES_PER_LINE = 256
MAX_LANES_PER_PROFILE = 64


@dataclass(frozen=True, slots=True)
class Lane:
    """Where contacts of one kind stand in order: line + queue + channel + language."""

    id: str
    line: str
    queue: str
    channel: Channel
    language: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A distinct set of lanes that some listeners serve."""

    id: str
    label: Label
    lanes: tuple[str, ...]  # ids


def lane_id(line: str, queue: str, channel: Channel, language: str) -> str:
    """Return the stable name of a lane, as stored and as used in keys."""
    return f"{line}:{queue}:{channel}:{language}"


def lanes_of(line: str, queues: Iterable[Queue], languages: Sequence[str]) -> tuple[Lane, ...]:
    """Return every lane of a line, in the queues' order."""
    return tuple(
        Lane(lane_id(line, queue.id, channel, language), line, queue.id, channel, language)
        for queue in queues
        for channel in queue.channels
        for language in languages
    )


def profile_of(rule: ProfileRule, lanes: Iterable[Lane]) -> Profile:
    """Return the profile that serves those of `lanes` the rule names."""
    served = tuple(
        lane.id
        for lane in lanes
        if (EVERY in rule.queues or lane.queue in rule.queues)
        and lane.channel in rule.channels
        and (EVERY in rule.languages or lane.language in rule.languages)
    )
    return Profile(rule.id, rule.label, served)
