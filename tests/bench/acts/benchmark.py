"""The benchmark `acts`: what each act asks of PostgreSQL, BEGIN and COMMIT included.

A running service (`contactcenter serve`) reaches PostgreSQL through a relay
that reads the protocol (tests/kit/counting_proxy.py), so what any of its
processes asks is counted, under the name that every statement of ours bears.
A listener's and a coordinator's desk are open. An act lasts from its request
until its answer and every frame that it causes have come, and nothing more
has passed for a while: so what a visitor's socket reads because of it is
counted as well.

Loops with a period stand still while an act is counted, and go on between acts
(tests/kit/still_service.py). So what the service does by itself is not counted,
nor what a loop tells each second to whoever supervises. Every act is done
several times and the lowest is given; `seen` has each. Statements are prepared
once for each connection, and that is not counted either.
"""

import os
import sys
import tempfile
from asyncio import timeout
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from config.log import configure_logging
from tests.bench.acts.cost import Cost, Goal
from tests.bench.acts.course import one_round
from tests.bench.acts.stage import Stage, stage
from tests.bench.figures import significant
from tests.bench.load import BenchFailed
from tests.kit.engines import engine_host, fresh_database

# One writing transaction each; a visitor's line has had its own when it is stored.
GOALS: Mapping[str, Goal] = {
    "accept": Goal(round_trips=12, writing_transactions=1),
    "raise": Goal(round_trips=9, writing_transactions=1),
    "hand_over": Goal(round_trips=14, writing_transactions=1),
    "form_save": Goal(round_trips=7, writing_transactions=1),
    "end": Goal(round_trips=9, writing_transactions=1),
    "close": Goal(round_trips=10, writing_transactions=1),
    "chat_line_to_desk": Goal(round_trips=2, writing_transactions=0),
}
TOGETHER: Sequence[Sequence[str]] = ((),)
APART: Sequence[Sequence[str]] = (("public",), ("chat",), ("staff",), ("router",))


@dataclass(frozen=True)
class Scale:
    """How often each act is done."""

    rounds: int
    most_seconds: float  # then the whole benchmark is given up


QUICK = Scale(rounds=7, most_seconds=120)
FULL = Scale(rounds=20, most_seconds=600)


async def run(*, quick: bool) -> dict[str, Any]:
    """Count once, and in the long run again with each role in a process of its own.

    BenchFailed when an act is answered otherwise than it should be.
    """
    scale = QUICK if quick else FULL
    configure_logging("error", sys.stderr)
    load_before = os.getloadavg()[0]
    async with timeout(scale.most_seconds):
        costs = await _counted(TOGETHER, scale)
        apart = {} if quick else await _counted(APART, scale)
    return {
        "acts": _figures(costs),
        "goals": {act: asdict(goal) for act, goal in GOALS.items()},
        "within": {act: costs[act].is_within(goal) for act, goal in GOALS.items()},
        **({"acts_apart": _figures(apart)} if apart else {}),
        "seen": {act: cost.seen for act, cost in costs.items()},
        "detail": {act: cost.detail for act, cost in costs.items()},
        "scale": {**asdict(scale), "load_average_before": significant(load_before)},
        "cpu_count": os.cpu_count(),
    }


def _figures(costs: Mapping[str, Cost]) -> dict[str, dict[str, int]]:
    return {act: asdict(cost.figures) for act, cost in costs.items()}


async def _counted(processes: Sequence[Sequence[str]], scale: Scale) -> dict[str, Cost]:
    with tempfile.TemporaryDirectory(prefix="contactcenter-acts-") as name:
        folder = Path(name)
        with engine_host(folder / "data") as (engines, _pid):
            async with fresh_database(engines) as database:
                served = folder / "site"
                served.mkdir()
                try:
                    async with stage(served, database, engines.redis_url, processes) as ready:
                        await _rounds(ready, scale)
                        return ready.watch.costs
                except AssertionError as failure:
                    raise BenchFailed(str(failure)) from None


async def _rounds(ready: Stage, scale: Scale) -> None:
    await one_round(ready)  # prepares every statement
    ready.watch.is_counting = True
    for number in range(scale.rounds):
        await one_round(ready)
        _say(f"round {number + 1} of {scale.rounds}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
