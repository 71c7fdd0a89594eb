"""The benchmark `routing`: the index, the commits, the desk, the rebuild, and how others decide.

Each rate stands beside a floor made by the same client, in the same run, a
moment before. PostgreSQL keeps fsync; the index is the one that the demo and
production run. docs/benchmarks.md says what each figure means.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from config.clock import monotonic
from config.log import configure_logging
from contactcenter.engines import Engines
from tests.bench.figures import Compared, significant
from tests.bench.peers import broadcast, busy_evening, compared
from tests.bench.routing.commits import committed
from tests.bench.routing.cycle import cycles
from tests.bench.routing.index import STEPS
from tests.bench.routing.match import match_figures
from tests.bench.routing.offers import offer_figures
from tests.bench.routing.rebuild import rebuild_figures
from tests.bench.routing.scale import FULL, QUICK, Scale
from tests.kit.engines import engine_host, fresh_database

Figures = dict[str, Any]
SEED = 1


async def run(*, quick: bool) -> Figures:
    """Measure everything once; BenchFailed when anything does otherwise than it should."""
    scale = QUICK if quick else FULL
    # Standard output carries the figures; what the service logs in this process does not.
    configure_logging("error", sys.stderr)
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="contactcenter-bench-") as name:
        folder = Path(name)
        with engine_host(folder / "data", "--durable") as (engines, _pid):
            async with asyncio.timeout(scale.most_seconds):
                figures = await _measured(engines, folder, scale)
    return {
        **figures,
        "scale": {
            **asdict(scale),
            "load_average_before": significant(load_before),
            "load_average_after": significant(os.getloadavg()[0]),
        },
        "cpu_count": os.cpu_count(),
    }


async def _measured(engines: Engines, folder: Path, scale: Scale) -> Figures:
    # The desk first: what the other parts leave behind in the engines is none of its business.
    offers = await _said("offers", _offers(engines, folder, scale))
    match = await _said("match", match_figures(engines.redis_url, scale))
    cycle = await _said("cycle", _cycle(engines, scale))
    commits = await _said("commits", _commits(engines, folder, scale))
    rebuild = await _said("rebuild", _rebuild(engines, folder, scale))
    ratios = {
        "match": match.pop("ratio"),
        "cycle": cycle.pop("ratio"),
        "cycle_one_at_a_time": cycle.pop("ratio_one_at_a_time"),
        "commits": commits.pop("ratio"),
    }
    return {
        **match,
        **cycle,
        **commits,
        **offers,
        **rebuild,
        "ratios": ratios,
        "peers": compared(busy_evening(seed=SEED, hours=scale.evening_hours)),
        "peers_after_a_broadcast": compared(broadcast(seed=SEED)),
    }


async def _cycle(engines: Engines, scale: Scale) -> Figures:
    many, one = await cycles(engines.redis_url, scale, scale.cycles_in_flight, 1)
    return {
        "cycle_per_s": significant(many.per_second),
        "evalsha_floor_per_s": significant(many.floor_per_second),
        "evalsha_round_trips_per_cycle": STEPS,
        "cycle_rounds": _rounds(many),
        "ratio": significant(many.ratio),
        "ratio_one_at_a_time": significant(one.ratio),
    }


async def _commits(engines: Engines, folder: Path, scale: Scale) -> Figures:
    async with fresh_database(engines) as database:
        done = await committed(database, engines.redis_url, folder / "commits", scale)
    return {
        "commits_per_cycle": significant(done.commits_per_cycle),
        "cycle_committed_per_s": significant(done.compared.per_second),
        "commit_floor_per_s": significant(done.compared.floor_per_second),
        "commit_rounds": _rounds(done.compared),
        "ratio": significant(done.ratio),
    }


async def _offers(engines: Engines, folder: Path, scale: Scale) -> Figures:
    desks = folder / "desks"
    desks.mkdir()
    async with fresh_database(engines) as database:
        return await offer_figures(database, engines.redis_url, desks, scale)


async def _rebuild(engines: Engines, folder: Path, scale: Scale) -> Figures:
    async with fresh_database(engines) as database:
        return await rebuild_figures(database, engines.redis_url, folder / "rebuild", scale)


def _rounds(measured: Compared) -> dict[str, list[float]]:
    return {
        "per_s": [significant(each.per_second) for each in measured.service],
        "floor_per_s": [significant(each.per_second) for each in measured.floor],
    }


async def _said(name: str, part: Awaitable[Figures]) -> Figures:
    began = monotonic()
    figures = await part
    print(f"{name}: {monotonic() - began:.1f} s", file=sys.stderr, flush=True)
    return figures
