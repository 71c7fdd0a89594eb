"""The two levels of answer, each with figures of its own.

One « response rate » over both would hide which level it speaks of (DOMAIN
0.3): a call that pre-answering took and listening never did is answered at
the first level and abandoned at the second.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from config.vocabulary import Channel, Level
from records.database import Database

EARLY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class LevelFigure:
    """What became of the contacts presented to one level on one channel.

    presented = answered + abandoned + abandoned_early + lost + turned_away +
    moved_on + waiting. `abandoned_early`: gone before anybody could answer,
    counted apart (SNATED's definition: within 5 s). `lost`: gone while they
    waited again after a desk had lost them, at this level for the first time.
    `moved_on`: passed to another level unanswered. Waits are of those
    answered, from their arrival: what they heard of the menu counts.
    """

    level: Level
    channel: Channel
    presented: int
    answered: int
    abandoned: int
    abandoned_early: int
    lost: int
    turned_away: int
    moved_on: int
    waiting: int
    waited_ms: int
    longest_ms: int


class LevelFigures:
    """Reads figures from the events of contacts."""

    def __init__(self, database: Database) -> None:
        """Keep the engine."""
        self._database = database

    async def between(
        self, line_id: str, since: datetime, until: datetime, *, early: timedelta = EARLY
    ) -> list[LevelFigure]:
        """Return the figures of contacts presented to a level in [since, until), by level and channel.

        Presented is when it came to wait for that level: placed, handed over
        or moved there from the other one. What became of it counts whenever
        it came.
        """
        async with self._database.reading() as tx:
            rows = await tx.fetch(
                "figures.levels", line_id, since, until, early // timedelta(milliseconds=1)
            )
        return [
            LevelFigure(
                Level(row["level"]),
                Channel(row["channel"]),
                row["presented"],
                row["answered"],
                row["abandoned"],
                row["abandoned_early"],
                row["lost"],
                row["turned_away"],
                row["moved_on"],
                row["waiting"],
                row["waited_ms"],
                row["longest_ms"],
            )
            for row in rows
        ]
