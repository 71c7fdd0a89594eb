"""How waiting ended lately, minute by minute: what a lost index fills its live window with."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.vocabulary import Channel
from records.contacts.rows import Acts
from records.database import Row


@dataclass(frozen=True, slots=True)
class FlowMinute:
    """What ended in one minute of one lane; waits in milliseconds, of those answered.

    `abandoned` leaves out `abandoned_early`: whoever could not have been
    answered is counted apart.
    """

    line_id: str
    queue: str
    channel: Channel
    language: str
    needs: tuple[str, ...]
    minute: datetime
    answered: int
    in_target: int
    abandoned: int
    abandoned_early: int
    waited_ms: int
    longest_ms: int


class Flowing(Acts):
    """The read of recent flow."""

    async def flows_since(
        self,
        line_ids: Collection[str],
        since: datetime,
        *,
        targets: Mapping[tuple[str, Channel], timedelta],
        early: timedelta,
    ) -> list[FlowMinute]:
        """Return what was answered and abandoned since then, by lane and minute.

        A wait is one stay in waiting, as the index measures it; `targets` by
        queue and channel, none being never met; abandoned before `early` is
        counted apart. For a window of an hour or so: it reads each event.
        """
        lines = sorted(line_ids)
        queues = [queue for queue, _ in targets]
        channels = [channel.value for _, channel in targets]
        millis = [target // timedelta(milliseconds=1) for target in targets.values()]
        async with self._database.reading() as tx:
            answered = await tx.fetch("flow.answered", lines, since, queues, channels, millis)
            abandoned = await tx.fetch(
                "flow.abandoned", lines, since, early // timedelta(milliseconds=1)
            )
        return [_minute(row) for row in (*answered, *abandoned)]


def _minute(row: Row) -> FlowMinute:
    return FlowMinute(
        row["line_id"],
        row["queue"],
        Channel(row["channel"]),
        row["language"],
        tuple(row["needs"]),
        row["minute"],
        row["answered"],
        row["in_target"],
        row["abandoned"],
        row["abandoned_early"],
        row["waited_ms"],
        row["longest_ms"],
    )
