"""How many contacts a second the index takes in and gives away, beside no-op scripts."""

from config.clock import monotonic
from tests.bench.figures import Compared, Round
from tests.bench.load import closed_loop
from tests.bench.routing.index import STEPS, Index, index_in
from tests.bench.routing.scale import Scale

WAITING = 1_000
# Enough of them that none takes more contacts a second than a person could in minutes.
LISTENERS = 2_000
NO_OP = "return 0"


async def cycles(redis_url: str, scale: Scale, *in_flight: int) -> list[Compared]:
    """Measure with each of these numbers of cycles under way.

    Each round of cycles comes after a round of as many no-op EVALSHA as a
    cycle has steps, through the same client.
    """
    async with index_in(redis_url, 0) as index:
        await index.fill(WAITING, LISTENERS)
        return [await _cycles(index, scale, each) for each in in_flight]


async def _cycles(index: Index, scale: Scale, in_flight: int) -> Compared:
    served: list[Round] = []
    bare: list[Round] = []
    digest = await index.redis.script_load(NO_OP)

    async def floor() -> float:
        return await _nothing(index, digest)

    for _ in range(scale.rounds):
        for act, rounds, share in ((floor, bare, 0.5), (index.cycle, served, 1)):
            seconds = scale.cycle_seconds * share
            rounds.append(await closed_loop(act, in_flight=in_flight, seconds=seconds))
    return Compared(tuple(served), tuple(bare))


async def _nothing(index: Index, digest: str) -> float:
    began = monotonic()
    for _ in range(STEPS):
        await index.redis.execute_command("EVALSHA", digest, 1, "{bench}:meta")  # type: ignore[no-untyped-call]
    return monotonic() - began
