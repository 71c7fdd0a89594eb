"""How soon a listener who becomes free is shown the next contact, by the real service under load."""

import asyncio
import random
from pathlib import Path

from config.clock import monotonic
from tests.bench.figures import percentile, significant
from tests.bench.load import BenchFailed, closed_loop
from tests.bench.routing.desks import PROXIED, NextOffer, Room, room_of
from tests.bench.routing.scale import Scale
from tests.kit.engines import DatabaseAddresses
from tests.kit.site import Site, site

WAITING = 32  # so that somebody always waits when a listener becomes free
# One chat each: then a closed contact is what makes her free, and nothing else.
CHATS_EACH = 1
# Visitors of the benchmark have no socket: they are not taken for gone.
VISITORS_STAY_SECONDS = 3_000


async def offer_figures(
    database: DatabaseAddresses, redis_url: str, folder: Path, scale: Scale
) -> dict[str, object]:
    """Measure what the service can do, then half of that, evenly at random."""
    logins = [f"desk{number:02}" for number in range(scale.desks)]
    async with (
        site(
            folder,
            database,
            redis_url,
            *logins,
            max_chats=CHATS_EACH,
            no_socket_offer_seconds=VISITORS_STAY_SECONDS,
            away_seconds=VISITORS_STAY_SECONDS + 1,
        ) as centre,
        centre.serving(settings=PROXIED) as service,
    ):
        async with room_of(centre, WAITING) as room:
            capacity = await closed_loop(
                lambda: _one_after_the_other(room),
                in_flight=scale.desks,
                seconds=scale.capacity_seconds,
                server_pid=service.pid,
            )
            room.offers.clear()
            half = capacity.per_second / 2
            late = await _at_rate(room, half, scale.half_seconds)
            figures = await _figures(centre, room.offers)
        # Nothing is measured of how it stops, which takes its time.
        await service.kill()
    return {
        **figures,
        "offer_capacity_per_s": significant(capacity.per_second),
        "offer_cpu_ms": significant(capacity.cpu_seconds / len(capacity.latencies) * 1000),
        "offer_measured_at_per_s": significant(len(room.offers) / scale.half_seconds),
        "offer_most_late_ms": significant(late * 1000),
    }


async def _one_after_the_other(room: Room) -> float:
    began = monotonic()
    await room.replace_longest_held()
    return monotonic() - began


async def _at_rate(room: Room, per_second: float, seconds: float) -> float:
    """Let contacts go at instants drawn at random, whatever the service does meanwhile.

    Returns by how much the latest of them came too late: were it much, the
    load would have followed the service, and its figures would flatter.
    """
    draw = random.Random(1)
    began = at = monotonic()
    latest = 0.0
    async with asyncio.TaskGroup() as group:
        while (at := at + draw.expovariate(per_second)) < began + seconds:
            await asyncio.sleep(max(0.0, at - monotonic()))
            latest = max(latest, monotonic() - at)
            group.create_task(room.replace_longest_held())
    return latest


async def _figures(centre: Site, offers: list[NextOffer]) -> dict[str, object]:
    if not offers:
        raise BenchFailed("nobody was offered anything at half of the capacity")
    rows = await centre.rows(
        "SELECT contact_id, done_at FROM engagement WHERE contact_id = ANY ($1::uuid[])",
        [each.closed_contact_id for each in offers],
    )
    freed = {row["contact_id"]: row["done_at"] for row in rows}
    since_freed = [
        (each.shown_on - freed[each.closed_contact_id]).total_seconds() for each in offers
    ]
    since_asked = [each.shown_at - each.asked_at for each in offers]
    return {
        "offer_p50_ms": significant(percentile(since_freed, 50) * 1000),
        "offer_p99_ms": significant(percentile(since_freed, 99) * 1000),
        "close_to_offer_p50_ms": significant(percentile(since_asked, 50) * 1000),
        "close_to_offer_p99_ms": significant(percentile(since_asked, 99) * 1000),
        "offers": len(offers),
    }
