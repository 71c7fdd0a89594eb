"""What /readyz asks of the engines: not whether they answer, but whether they can do the work."""

from config.errors import Unavailable
from contactcenter.clock_watch import ClockWatch
from contactcenter.engines_in_use import EnginesInUse
from contactcenter.health import Readiness
from contactcenter.loops import LoopHealth
from contactcenter.wiring import Centre

SWEEP_SILENT_SECONDS = 10.0


def add_checks(
    readiness: Readiness,
    engines: EnginesInUse,
    services: Centre,
    watch: ClockWatch,
    health: LoopHealth,
    roles: frozenset[str],
) -> None:
    """Add the checks of these roles, and the doubts that do not make a process unready."""
    router, evicts = engines.router, _Eviction(engines)

    async def postgresql() -> None:
        async with engines.database.reading() as tx:
            if not await tx.fetch_value("lock.writable"):
                raise Unavailable("a standby answers", code="database_read_only")

    async def index() -> None:
        await router.prove_writable()
        await evicts.look()

    async def index_format() -> None:
        router.format.require()

    async def clock() -> None:
        watch.require()

    async def sweeping() -> None:
        if health.silent_for("sweep") > SWEEP_SILENT_SECONDS:
            raise Unavailable("the sweep is silent")

    readiness.add("postgresql", postgresql)
    readiness.add("redis", index)
    readiness.add("index_format", index_format)
    readiness.add("clock", clock)
    readiness.doubt("redis_evicts", lambda: not evicts.is_possible)
    readiness.doubt("wakeups", lambda: not services.wakes.is_deaf)
    if services.voice is not None and "public" in roles:
        proof = services.voice.proof
        readiness.doubt("webhooks", lambda: proof.is_proven)
    if "router" in roles:
        readiness.add("sweep", sweeping)


class _Eviction:
    """Whether the index may lose entries when its memory is full, as last looked."""

    def __init__(self, engines: EnginesInUse) -> None:
        self._router = engines.router
        self.is_possible = False

    async def look(self) -> None:
        self.is_possible = await self._router.may_evict()
