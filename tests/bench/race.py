"""The race: every contact served once, whichever process dies; figures only if every law held."""

import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from config.log import configure_logging
from tests.bench.figures import significant
from tests.bench.load import BenchFailed
from tests.kit.engines import engine_host, fresh_database
from tests.kit.race import Course, Race

QUICK = Course(nodes=8, contacts=1_500, listeners=200, kill_every_seconds=1.0, most_seconds=120)
FULL = Course(nodes=8, contacts=10_000, listeners=500, kill_every_seconds=1.0, most_seconds=600)


async def run(*, quick: bool) -> dict[str, Any]:
    """Race once; BenchFailed when a law is broken or the race does not end."""
    course = QUICK if quick else FULL
    configure_logging("error", sys.stderr)
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="contactcenter-race-") as name:
        folder = Path(name)
        with engine_host(folder / "data", "--durable") as (engines, _pid):
            async with fresh_database(engines) as database:
                logs = folder / "nodes"
                logs.mkdir()
                try:
                    finish = await Race(course, database, engines.redis_url, logs).run()
                except AssertionError as failure:
                    raise BenchFailed(str(failure)) from None
    if finish.broken:
        raise BenchFailed(f"laws broken: {finish.broken}")
    return {
        "contacts_assigned_once": course.contacts,
        "seconds": significant(finish.seconds),
        "contacts_per_s": significant(course.contacts / finish.seconds),
        "processes_killed": finish.kills,
        "brought_in_again": finish.asked_again,
        "listeners_talking_together": finish.talking_together,
        "most_chats_at_once": finish.fullest,
        "laws_broken": finish.broken,
        "scale": {**asdict(course), "load_average_before": significant(load_before)},
        "cpu_count": os.cpu_count(),
    }
