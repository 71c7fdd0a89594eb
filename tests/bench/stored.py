"""What the engines hold at the end: what was counted must be there, or no figure is given."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from redis.asyncio import Redis

from contactcenter.engines import postgres
from tests.bench.load import BenchFailed

CONNECT_SECONDS = 10.0
AGREE_SECONDS = 5.0  # the reconciler looks every two
AGREE_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Stored:
    """What was found: calls ever queued, calls waiting now by either engine, visitors' lines."""

    calls_queued: int
    calls_waiting: int
    calls_in_index: int
    visitor_lines: int


async def must_be_stored(ready: dict[str, Any], *, calls: int, lines: int) -> None:
    """Raise BenchFailed unless all that was answered is stored once, and the index agrees.

    Calls may be fewer in waiting than were queued: the emulator knows none of
    them, so in a long run the service ends some as calls without an end.
    """
    found = await _found(ready)
    try:
        async with asyncio.timeout(AGREE_SECONDS):
            while found.calls_in_index != found.calls_waiting:
                await asyncio.sleep(AGREE_POLL_SECONDS)
                found = await _found(ready)
    except TimeoutError:
        raise BenchFailed(f"the index does not hold who waits: {found}") from None
    if (found.calls_queued, found.visitor_lines) != (calls, lines):
        raise BenchFailed(f"{calls} calls and {lines} lines were answered, but {found}")


async def _found(ready: dict[str, Any]) -> Stored:
    database = await asyncpg.connect(ready["database_url"], timeout=CONNECT_SECONDS)
    try:
        calls = await database.fetchrow(
            "SELECT count(*) FILTER (WHERE queued_at IS NOT NULL) AS queued,"
            " count(*) FILTER (WHERE state = 'waiting') AS waiting"
            " FROM contact WHERE channel = 'call'"
        )
        lines = await database.fetchval("SELECT count(*) FROM message WHERE sender = 'visitor'")
    finally:
        await database.close(timeout=CONNECT_SECONDS)
    assert calls is not None, "a count always has its row"
    in_index = await _calls_in_index(ready["redis_url"])
    return Stored(calls["queued"], calls["waiting"], in_index, lines)


async def _calls_in_index(redis_url: str) -> int:
    redis = Redis.from_url(redis_url)
    try:
        # wait:<line>:<queue>:<channel>:<language>; one contact may stand in several.
        lanes = [lane async for lane in redis.scan_iter(match="{*}:wait:*:call:*", count=1000)]
        waiting: set[Any] = set()
        for lane in lanes:
            waiting.update(await redis.zrange(lane, 0, -1))
        return len(waiting)
    finally:
        await redis.aclose()


def owner_address(data_dir: Path, database_url: str) -> str:
    """Return the owner role's address of the demo's own PostgreSQL: the floor makes a table."""
    passwords = json.loads((data_dir / "engines" / "passwords.json").read_text())
    port = urlsplit(database_url).port
    assert port is not None, "the demo's engines listen on a port"
    return postgres.address(postgres.OWNER_ROLE, passwords["owner"], port)
