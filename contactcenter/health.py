"""/healthz: the process lives. /readyz: it can do its work now, and what it lacks if not."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from config.errors import CentreError

log = structlog.get_logger()

CHECK_SECONDS = 2.0

Check = Callable[[], Awaitable[object]]


class Readiness:
    """The checks behind /readyz; a draining service is not ready whatever they say."""

    def __init__(self) -> None:
        """Start with no check, not draining."""
        self._checks: dict[str, Check] = {}
        self.is_draining = False

    def add(self, name: str, check: Check) -> None:
        """Add a check that raises a CentreError when its part does not work."""
        self._checks[name] = check

    async def failing(self) -> list[str]:
        """Return the names of the checks that fail, each given two seconds."""
        if self.is_draining:
            return ["draining"]
        names = list(self._checks)
        results = await asyncio.gather(*(self._fails(self._checks[name]) for name in names))
        return [name for name, fails in zip(names, results, strict=True) if fails]

    async def _fails(self, check: Check) -> bool:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await check()
        except (CentreError, TimeoutError, OSError):
            return True
        return False


def health_routes(readiness: Readiness) -> list[web.RouteDef]:
    """Return the two routes; their answers name parts, never addresses or versions."""

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readyz(_request: web.Request) -> web.Response:
        failing = await readiness.failing()
        if failing:
            log.warning("not_ready", failing=failing)
            return web.json_response({"status": "not_ready", "failing": failing}, status=503)
        return web.json_response({"status": "ready"})

    return [
        web.get("/healthz", healthz, name="healthz"),
        web.get("/readyz", readyz, name="readyz"),
    ]
