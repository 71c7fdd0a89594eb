"""/healthz: the process lives. /readyz: it can do its work now, and what it lacks if not."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from config.clock import monotonic
from config.errors import CentreError
from contactcenter.auth.access import PUBLIC, add_route

log = structlog.get_logger()

CHECK_SECONDS = 2.0
KNOWN_SECONDS = 1.0
PATHS = ("/healthz", "/readyz")

Check = Callable[[], Awaitable[object]]


class Readiness:
    """The checks behind /readyz; a draining service is not ready whatever they say."""

    def __init__(self) -> None:
        """Start with no check, not draining."""
        self._checks: dict[str, Check] = {}
        self._doubts: dict[str, Callable[[], bool]] = {}
        self._known: tuple[float, list[str]] = (float("-inf"), [])
        self.is_draining = False

    def add(self, name: str, check: Check) -> None:
        """Add a check that raises a CentreError when its part does not work."""
        self._checks[name] = check

    def doubt(self, name: str, holds: Callable[[], bool]) -> None:
        """Add something to be shown while it does not hold; it does not make us unready."""
        self._doubts[name] = holds

    def doubts(self) -> list[str]:
        """Return the names of what does not hold."""
        return [name for name, holds in self._doubts.items() if not holds()]

    async def failing(self) -> list[str]:
        """Return the names of the checks that fail, each given two seconds.

        Asked again within a second, the answer is the last one: whoever floods
        this public route must not make our engines work for it.
        """
        if self.is_draining:
            return ["draining"]
        looked_at, known = self._known
        if monotonic() - looked_at < KNOWN_SECONDS:
            return known
        names = list(self._checks)
        results = await asyncio.gather(*(self._fails(self._checks[name]) for name in names))
        failing = [name for name, fails in zip(names, results, strict=True) if fails]
        self._known = (monotonic(), failing)
        return failing

    async def _fails(self, check: Check) -> bool:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await check()
        except (CentreError, TimeoutError, OSError):
            return True
        return False


async def health_answer(readiness: Readiness, path: str) -> tuple[int, str] | None:
    """Return status and JSON of a health path, None for any other; the same on every port.

    Answers name parts, never addresses or versions.
    """
    if path == "/healthz":
        return 200, json.dumps({"status": "alive"})
    if path != "/readyz":
        return None
    failing = await readiness.failing()
    if failing:
        log.warning("not_ready", failing=failing)
        return 503, json.dumps({"status": "not_ready", "failing": failing})
    return 200, json.dumps({"status": "ready", "doubts": readiness.doubts()})


def _handler(readiness: Readiness, path: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_request: web.Request) -> web.Response:
        told = await health_answer(readiness, path)
        assert told is not None, "a health path"
        status, text = told
        return web.json_response(text=text, status=status)

    return answer


def health_routes(readiness: Readiness) -> list[web.RouteDef]:
    """Return the routes of the public and the metrics port."""
    return [web.get(path, _handler(readiness, path), name=path[1:]) for path in PATHS]


def add_staff_health(app: web.Application, readiness: Readiness) -> None:
    """Add the routes to the staff port, where each declares its access."""
    for path in PATHS:
        add_route(app, "GET", path, _handler(readiness, path), access=PUBLIC, name=path[1:])
