"""The helpline's rules with a queue changed, and pictures of who is there, for rules of intake."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

from config.helpline.helpline import Helpline
from config.helpline.load import load_helpline
from config.settings import PACKAGED_HELPLINES
from config.vocabulary import Audience, Channel, ContactState, Level, OverrideKind, Urgency
from contactcenter.centre.queue.states import LaneCount, Picture
from records.contacts.snapshot import ContactSnapshot
from records.overrides import QueueOverride

# A Monday in Paris at 10:30, in every queue's hours; and the night after it.
DAY = datetime(2026, 5, 4, 8, 30, tzinfo=UTC)
NIGHT = datetime(2026, 5, 4, 22, 30, tzinfo=UTC)
NOBODY = UUID(int=0)


@cache
def dlpm() -> Helpline:
    """The packaged rules."""
    return load_helpline(PACKAGED_HELPLINES / "dlpm")


def with_queue(queue_id: str, helpline: Helpline | None = None, **changes: object) -> Helpline:
    """The rules with one queue changed, as if its file said so."""
    helpline = helpline or dlpm()
    queues = tuple(
        each.model_copy(update=changes) if each.id == queue_id else each for each in helpline.queues
    )
    return replace(helpline, queues=queues)


def picture(
    helpline: Helpline | None = None,
    *,
    staffed: Iterable[str] | None = ("*",),
    waiting: Mapping[str, int] | None = None,
    overrides: Iterable[QueueOverride] = (),
) -> Picture:
    """What a look saw: queues with somebody as first choice (`*` = every one), how many wait.

    `staffed` None: presence is not known.
    """
    helpline = helpline or dlpm()
    if staffed is None:
        return Picture(helpline, tuple(overrides))
    there, counts = set(staffed), {}
    for lane in helpline.lanes():
        present = 1 if "*" in there or lane.queue in there else 0
        plain = lane.need is None and lane.language == helpline.line.languages[0]
        counts[lane.id] = LaneCount((waiting or {}).get(lane.queue, 0) if plain else 0, present)
    return Picture(helpline, tuple(overrides), counts)


def override(
    queue: str = "*",
    channel: Channel | None = None,
    kind: OverrideKind = OverrideKind.CLOSED,
    *,
    texts: Mapping[str, str] | None = None,
    until: datetime | None = None,
    line: str = "dlpm",
) -> QueueOverride:
    """What a supervisor set."""
    return QueueOverride(NOBODY, line, queue, channel, kind, texts, until, NOBODY, DAY)


def waiting(**changes: object) -> ContactSnapshot:
    """A caller who has waited for a minute in the minors' queue."""
    since = DAY - timedelta(minutes=1)
    values: dict[str, object] = {
        **dict.fromkeys(ContactSnapshot.__dataclass_fields__),
        "contact_id": UUID(int=1),
        "line_id": "dlpm",
        "channel": Channel.CALL,
        "state": ContactState.WAITING,
        "queue": "mineur_pour_soi",
        "language": "fr",
        "audience": Audience.MINOR,
        "urgency": Urgency.U3,
        "band": 1,
        "head_start_ms": 0,
        "rank": 1,
        "returned": False,
        "turn": 1,
        "version": 2,
        "arrived_at": since,
        "queued_at": since,
        "waiting_since": since,
        "changed_at": since,
        "config_version": "x",
        "level": Level.LISTENING,
        "needs": (),
        "widened_to": (),
        "given_up_by": (),
        "escalations": 0,
    }
    return ContactSnapshot(**(values | changes))
