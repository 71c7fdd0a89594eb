"""Filling an emptied index from PostgreSQL while contacts come in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from chat.centre import Opening
from config.clock import monotonic
from tests.bench.figures import percentile, significant
from tests.bench.load import BenchFailed
from tests.bench.routing.scale import Scale
from tests.kit.engines import DatabaseAddresses
from tests.kit.held_lock import held
from tests.kit.ready_people import ready_people
from tests.kit.whole_centre import WholeCentre, whole_centre

LISTENERS = 50
BETWEEN_ARRIVALS_SECONDS = 0.02
# As many contacts as asked for, like one that was taken in by the service itself: each with an
# id, a place in time and a token of its own.
FILL = """
INSERT INTO contact
SELECT made.*
  FROM contact AS first
 CROSS JOIN generate_series(1, $1) AS number
 CROSS JOIN LATERAL (SELECT gen_random_uuid() AS id,
                            now() - number * interval '10 ms' AS since) AS own
 CROSS JOIN LATERAL jsonb_populate_record(first, jsonb_build_object(
                'contact_id', own.id,
                'rank', first.rank - number * 10,
                'arrived_at', own.since, 'queued_at', own.since, 'waiting_since', own.since,
                'visitor_token_hash', sha256(own.id::text::bytea)::text)) AS made
 WHERE first.contact_id = $2
"""


@dataclass
class Arrivals:
    """Visitors taken in while the index was filled: how long each took."""

    seconds: list[float] = field(default_factory=list)


async def rebuild_figures(
    database: DatabaseAddresses, redis_url: str, folder: Path, scale: Scale
) -> dict[str, object]:
    """Empty the index, and let the reconciler fill it as a router does in production."""
    async with whole_centre(database.runtime, redis_url, folder) as whole:
        logins = [f"rebuild{number:02}" for number in range(LISTENERS)]
        await ready_people(whole.engines, whole.helpline, logins)
        await _fill(database, whole, scale.waiting_rebuilt)
        async with held(whole.centre.reconciler_lock), _arriving(whole) as arrivals:
            await whole.engines.redis.flushall()
            began = monotonic()
            await whole.centre.reconciler.round()
            took = monotonic() - began
        await _must_agree(database, whole, scale.waiting_rebuilt)
    meanwhile = arrivals.seconds
    if not meanwhile:
        raise BenchFailed("nobody was taken in while the index was filled")
    return {
        "rebuild_100k_s": significant(took * 100_000 / scale.waiting_rebuilt),
        "rebuild_taken_in_meanwhile": len(meanwhile),
        "rebuild_taken_in_p99_ms": significant(percentile(meanwhile, 99) * 1000),
    }


async def _fill(database: DatabaseAddresses, whole: WholeCentre, waiting: int) -> None:
    opened = await whole.centre.conversations.open_conversation(Opening())
    connection = await asyncpg.connect(database.admin, timeout=10)
    try:
        await connection.execute(FILL, waiting - 1, opened.conversation_id, timeout=120)
        await connection.execute("ANALYZE contact", timeout=60)
    finally:
        await connection.close(timeout=10)


@asynccontextmanager
async def _arriving(whole: WholeCentre) -> AsyncIterator[Arrivals]:
    """Take a visitor in every 20 ms, as other requests of the same process, until left."""
    arrivals, is_over = Arrivals(), asyncio.Event()

    async def arrive() -> None:
        # Never cut off between the commit and the index: that would be another measurement.
        while not is_over.is_set():
            began = monotonic()
            await whole.centre.conversations.open_conversation(Opening())
            arrivals.seconds.append(monotonic() - began)
            await asyncio.sleep(BETWEEN_ARRIVALS_SECONDS)

    arriving = asyncio.ensure_future(arrive())
    try:
        yield arrivals
    finally:
        is_over.set()
        await arriving


async def _must_agree(database: DatabaseAddresses, whole: WholeCentre, at_least: int) -> None:
    """Raise BenchFailed unless the index holds exactly who waits in PostgreSQL."""
    connection = await asyncpg.connect(database.admin, timeout=10)
    try:
        waiting = await connection.fetchval("SELECT count(*) FROM contact WHERE state = 'waiting'")
    finally:
        await connection.close(timeout=10)
    lanes = (await whole.engines.router.overview()).lanes.values()
    held = sum(lane.waiting for lane in lanes)
    if held != waiting or waiting < at_least:
        raise BenchFailed(f"{waiting} wait, and the index holds {held}")
