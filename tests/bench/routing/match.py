"""What one match costs, with few who wait and with very many."""

from dataclasses import dataclass, field

from tests.bench.figures import percentile, significant
from tests.bench.routing.index import EVERY_PROFILE, Index, index_in
from tests.bench.routing.scale import Scale


@dataclass
class Costs:
    """Of each match: microseconds inside the server, seconds as its caller sees them."""

    server_us: list[int] = field(default_factory=list)
    round_trip: list[float] = field(default_factory=list)


async def match_figures(redis_url: str, scale: Scale) -> dict[str, object]:
    """Match in both sizes by turns; every contact taken out is followed by another one in."""
    few, many, mixed = Costs(), Costs(), Costs()
    async with (
        index_in(redis_url, 0) as small,
        index_in(redis_url, 1) as large,
        index_in(redis_url, 2, profiles=EVERY_PROFILE) as diverse,
    ):
        await small.fill(scale.waiting_1k, scale.listeners_1k)
        await large.fill(scale.waiting_1m, scale.listeners_1m)
        await diverse.fill(scale.waiting_1k, scale.listeners_1m)
        for _ in range(scale.match_blocks):
            for index, costs in ((small, few), (large, many), (diverse, mixed)):
                await _block(index, costs, scale.matches_each_block)
    small_us, large_us = percentile(few.server_us, 50), percentile(many.server_us, 50)
    return {
        "match_p50_us_1k": small_us,
        "match_p50_us_1m": large_us,
        "match_p99_us_1k": percentile(few.server_us, 99),
        "match_p99_us_1m": percentile(many.server_us, 99),
        "match_p50_us_every_profile": percentile(mixed.server_us, 50),
        "match_round_trip_p50_us_1k": significant(percentile(few.round_trip, 50) * 1e6),
        "match_round_trip_p50_us_1m": significant(percentile(many.round_trip, 50) * 1e6),
        "ratio": significant(large_us / small_us),
    }


async def _block(index: Index, costs: Costs, matches: int) -> None:
    for _ in range(matches):
        before = await _script_microseconds(index)
        offer, took = await index.match()
        costs.server_us.append(await _script_microseconds(index) - before)
        costs.round_trip.append(took)
        await index.settle(offer)
        await index.router.enqueue(index.newcomer())


async def _script_microseconds(index: Index) -> int:
    """Return the server's own count of time in scripts: nothing of the client or the way is in it."""
    counted = await index.redis.info("commandstats")
    return int(counted.get("cmdstat_evalsha", {}).get("usec", 0))
