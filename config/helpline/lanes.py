"""Lanes, worked out from queues, channels, languages and needs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from config.helpline.schema.lanes import Queue
from config.vocabulary import Channel

# A match reads the head of each lane of one profile, in one atomic step: its cost is their number.
MAX_LANES_PER_LINE = 256
MAX_LANES_PER_PROFILE = 64


@dataclass(frozen=True, slots=True)
class Lane:
    """Where contacts of one kind stand in order: line + queue + channel + language (+ need)."""

    id: str
    line: str
    queue: str
    channel: Channel
    language: str
    need: str | None = None  # the skill without which nobody here can be answered


def lane_id(line: str, queue: str, channel: Channel, language: str, need: str | None = None) -> str:
    """Return the stable name of a lane, as stored and as used in keys."""
    plain = f"{line}:{queue}:{channel}:{language}"
    return plain if need is None else f"{plain}+{need}"


def lanes_of(main_line: str, queues: Iterable[Queue], languages: Sequence[str]) -> tuple[Lane, ...]:
    """Return every lane of the lines, in the queues' order; need lanes after the plain one."""
    return tuple(
        Lane(
            lane_id(queue.line or main_line, queue.id, channel, language, need),
            queue.line or main_line,
            queue.id,
            channel,
            language,
            need,
        )
        for queue in queues
        for channel in queue.channels
        for language in languages
        for need in (None, *queue.needs)
    )
