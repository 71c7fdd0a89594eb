"""The live picture: counts, flows, a place in the queue and how long it may take."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from routing.estimate import RecentFlow, expected_wait_seconds
from routing.flow import FLOW_FIGURES, Flow, FlowRow
from routing.model import LaneLoad, Overview
from routing.steps.base import Argument, PoolSteps

# Rows of flow entered by one script: about a millisecond of the server.
FLOW_BATCH = 500

T = TypeVar("T")


class LiveSteps(PoolSteps):
    """What is told to desks, wallboards and those who wait; nothing here changes who is offered."""

    async def position(self, contact_id: UUID) -> int | None:
        """Return a waiting contact's place in its first lane, 1 is next; None: it does not wait.

        Whoever keeps a place before it counts, those held back or waiting
        for one listener too; those on a desk do not. Raises Unavailable.
        """
        return int(await self._step("position", contact_id)) or None

    async def expected_wait(self, contact_id: UUID) -> int | None:
        """Return how many seconds a waiting contact may still wait; None when nobody can say.

        From its first lane's own recent answers, on the cautious side: see
        `routing.estimate`. None for a contact that does not wait too. Raises
        Unavailable.
        """
        reply = await self._step("outlook", contact_id)
        if not reply:
            return None
        before, present, answered, since_ms, silent_ms = map(int, reply)
        return expected_wait_seconds(before, present, RecentFlow(answered, since_ms, silent_ms))

    async def staffed(self, lanes: Iterable[str]) -> bool:
        """Say whether anybody signed in and ready serves one of these lanes, busy or not.

        Helping out counts. Raises InvalidInput (`lane_unknown`), Unavailable.
        """
        asked = self._plan.with_help_lanes(lanes)
        return bool(asked and await self._step("staffed", *asked))

    async def overview(self) -> Overview:
        """Return the live picture of the pool, from counters alone. Raises Unavailable."""
        plan = self._plan
        now, waiting, free, present, flows = await self._step("overview", " ".join(plan.channel_of))
        flow_of = {lane: flow_from(words) for lane, words in _pairs(flows)}
        triples = iter(waiting)
        return Overview(
            now_ms=int(now),
            lanes={
                lane: LaneLoad(
                    count, int(since) if since else None, flow_of.get(lane, Flow()), staff
                )
                for lane, count, since, staff in zip(
                    plan.channel_of, triples, triples, triples, strict=True
                )
            },
            free=_counts(plan.standings, free),
            present=_counts(plan.profiles, present),
            window_ms=plan.limits.flow_ms,
        )

    async def restore_flow(self, rows: Iterable[FlowRow]) -> int:
        """Fill the live window again from PostgreSQL; return how many rows were recent enough.

        Of each figure the larger one stays, so it may be told again while
        contacts go on leaving. Raises InvalidInput (`lane_unknown`),
        Unavailable.
        """
        entered = 0
        words: list[Argument] = []
        for row in rows:
            self._plan.check_lanes((row.lane,))
            words += [row.lane, row.at_ms, flow_words(row.flow)]
            if len(words) >= 3 * FLOW_BATCH:
                entered += await self._step("restore_flow", *words)
                words = []
        if words:
            entered += await self._step("restore_flow", *words)
        return entered


def flow_words(flow: Flow) -> str:
    """Return a flow as the scripts keep it."""
    return " ".join(str(getattr(flow, name)) for name in FLOW_FIGURES)


def flow_from(words: str) -> Flow:
    """Return a flow from the scripts' words."""
    return Flow(*map(int, words.split(" ")))


def _pairs(flat: Sequence[T]) -> Iterator[tuple[T, T]]:
    words = iter(flat)
    return zip(words, words, strict=True)


def _counts(known: Mapping[str, Any], flat: Sequence[Any]) -> dict[str, int]:
    """Return a count for every name of the plan, zero where the index has none."""
    counts = dict.fromkeys(known, 0)
    counts.update({name: count for name, count in _pairs(flat) if name in counts})
    return counts
