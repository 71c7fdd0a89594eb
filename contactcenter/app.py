"""The composition root: engines, services, loops, ports; and the order in which they stop."""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from functools import partial

import structlog
from aiohttp import web

from chat.gateway import SOCKET_PATH, chat_gateway
from chat.limits import SessionLimits
from config.addresses import origins_of
from config.clock import Clock, SystemClock
from config.errors import Misconfigured
from config.helpline.helpline import Helpline
from config.settings import Settings
from config.text import Catalog
from contactcenter.api.live.registry import LiveSockets
from contactcenter.api.routes import add_api_routes
from contactcenter.auth.cookies import BrowserRules
from contactcenter.checks import add_checks
from contactcenter.clock_watch import ClockWatch
from contactcenter.desk.rendering import Pages
from contactcenter.desk.routes import add_desk_routes
from contactcenter.engines_in_use import engines_in_use
from contactcenter.health import Readiness, add_staff_health, health_answer
from contactcenter.loops import Loop, LoopHealth, running
from contactcenter.servers import (
    line_rate,
    listening_socket,
    metrics_application,
    public_application,
    refuse_shared_hosts,
    served,
)
from contactcenter.web.application import staff_application
from contactcenter.web.clients import PROXY_HOPS
from contactcenter.web.security_headers import ContentPolicy
from contactcenter.wiring import Centre, centre

log = structlog.get_logger()

SWEEP_SECONDS = 0.3
RECONCILE_SECONDS = 2.0
STEPS_SECONDS = 1.0
# Calls brought on at once by one process: a slow answer of the carrier holds up one of them.
STEP_DRIVERS = 8
DRAIN_SECONDS = 4.0

TRUSTED_TYPES = ("lit-html",)
# Where the carrier's softphone registers and sends its events (Voice JS SDK, « Network »).
CARRIER_ORIGINS = ("wss://*.twilio.com", "https://*.twilio.com")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where each part answers, as people and programs reach it."""

    public_url: str
    chat_url: str
    staff_url: str


async def run(
    settings: Settings,
    helpline: Helpline,
    *,
    roles: frozenset[str],
    ready: Callable[[Addresses], None],
) -> int:
    """Serve these roles until SIGTERM or SIGINT; return the process's exit code.

    0 after an orderly stop, 1 when a loop gave up. Raises Misconfigured when
    an engine does not answer or a port is taken: nothing was served then.
    """
    clock, stop = ClockWatch(SystemClock()), _stop_signal()
    readiness, health = Readiness(), LoopHealth()
    addresses = _addresses(settings)
    refuse_shared_hosts(addresses.public_url, addresses.chat_url, addresses.staff_url)
    if addresses.public_url.startswith("https:") and not settings.proxy_hops:
        # This service speaks plain http: somebody stands in front, and counts as every client.
        log.warning("proxy_not_declared", key="PROXY_HOPS")
    async with AsyncExitStack() as stack:
        engines = await stack.enter_async_context(engines_in_use(settings, helpline, clock, roles))
        helpline = engines.helpline
        await clock.look(engines.database)
        services = await stack.enter_async_context(
            centre(settings, helpline, engines, clock, addresses.public_url)
        )
        add_checks(readiness, engines, services, clock, health, roles)
        if "router" in roles:
            await services.reconciler.welcome_back()
        loops = await stack.enter_async_context(running(_loops(services, clock, roles, health)))
        sockets = await _open_ports(stack, settings, helpline, services, readiness, roles, clock)
        _settle_memory()
        log.info("service_ready", roles=sorted(roles))
        ready(addresses)
        failed = await loops.until(stop)
        readiness.is_draining = True
        log.info("service_stopping", failed=failed)
        if sockets is not None:
            sockets.drain(int(DRAIN_SECONDS * 1000))
    log.info("service_stopped")
    return 1 if failed else 0


def _settle_memory() -> None:
    """Spare the collector what lives as long as the process, and let it run less often.

    Measured: whole collections paused the chat for up to 240 ms, and took a quarter of the
    processor at 1,700 acknowledged lines a second (p99 184 ms before, 69 ms after).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def _addresses(settings: Settings) -> Addresses:
    host = f"[{settings.bind_host}]" if ":" in settings.bind_host else settings.bind_host
    chat = settings.chat_base_url or f"ws://{host}:{settings.chat_port}"
    return Addresses(
        public_url=settings.public_base_url or f"http://{host}:{settings.public_port}",
        chat_url=chat + SOCKET_PATH,
        staff_url=settings.staff_base_url or f"http://{host}:{settings.staff_port}",
    )


def _loops(
    services: Centre, clock: ClockWatch, roles: frozenset[str], health: LoopHealth
) -> list[Loop]:
    def loop(name: str, every: float, act: Callable[[], Awaitable[object]]) -> Loop:
        return Loop(name, every, act, health)

    async def look_at_clock() -> None:
        await clock.look(services.database)

    loops = [
        loop("clock", 2.0, look_at_clock),
        loop("wakes", 0.0, services.wakes.hear),
        loop("wakes_poll", 1.0, services.wakes.poll_while_deaf),
        loop("index_format", 1.0, services.router.format.look),
        loop("queue_states", 1.0, services.states.look),
    ]
    if roles & {"public", "chat"}:
        loops.append(loop("signs_of_life", 5.0, services.life.write_down))
    if "staff" in roles:
        loops += [
            loop("live_events", 0.0, services.live.hear),
            loop("live_wakes", 0.0, services.live.hear_wakes),
            loop("live_queues", 1.0, services.live.show_queues),
            loop("live_presences", 1.0, services.live.show_presences),
            loop("live_lines", 2.0, services.live.catch_up),
        ]
    if services.voice is not None:
        # Whoever accepted a call drives its steps at once; the router drives those left behind.
        loops += [
            loop(f"call_steps_{number}", 0.0, _driving(services)) for number in range(STEP_DRIVERS)
        ]
        if "public" in roles:
            loops += [
                loop("webhook_proof", 1.0, services.voice.proof.renew),
                loop("waiting_callers", 2.0, services.voice.waits.look),
            ]
    if "router" in roles:
        # What acts by itself stands still while this machine's clock is off.
        on_time = clock.guarding
        loops += [
            loop("sweep", SWEEP_SECONDS, on_time(services.sweep.round)),
            loop("escalations", 1.0, on_time(services.escalations.round)),
            loop("offer_outcomes", 30.0, on_time(services.outcomes.round)),
            loop("orphans", 2.0, on_time(services.sweep.return_orphans)),
            loop("absent_visitors", 1.0, on_time(services.life.look_for_absent)),
            loop("reconciler_lock", 1.0, on_time(services.reconciler_lock.keep)),
            loop("reconciler", RECONCILE_SECONDS, on_time(services.reconciler.round)),
            loop("audit_sealer", 1.0, on_time(services.sealing)),
        ]
        if services.voice is not None:
            close_orphans = on_time(services.voice.callers.close_orphans)
            loops.append(loop("orphan_calls", 60.0, close_orphans))
    return loops


def _driving(services: Centre) -> Callable[[], Awaitable[object]]:
    voice, due = services.voice, services.effects.steps_due
    assert voice is not None, "only a service with telephony drives calls"

    async def drive() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(STEPS_SECONDS):
                await due.wait()
        due.clear()
        await voice.driver.drive_due()

    return drive


async def _open_ports(
    stack: AsyncExitStack,
    settings: Settings,
    helpline: Helpline,
    services: Centre,
    readiness: Readiness,
    roles: frozenset[str],
    clock: Clock,
) -> LiveSockets | None:
    """Open the ports of the roles taken on; return the live sockets, to be drained first."""
    catalog, addresses, host = Catalog.load(), _addresses(settings), settings.bind_host
    origins = origins_of(addresses.public_url)
    metrics = listening_socket(settings.metrics_host, settings.metrics_port, "METRICS_PORT")
    await stack.enter_async_context(served(metrics_application(readiness), metrics))
    sockets = None
    if "staff" in roles:
        app, sockets = _staff_application(settings, helpline, services, catalog, addresses)
        add_staff_health(app, readiness)
        listening = listening_socket(host, settings.staff_port, "STAFF_PORT")
        await stack.enter_async_context(served(app, listening, forwarded_hops=settings.proxy_hops))
    if "chat" in roles:
        try:
            gateway = chat_gateway(
                services.conversations,
                host=host,
                port=settings.chat_port,
                allowed_origins=origins,
                session_limits=SessionLimits(
                    sends=line_rate(helpline),
                    line_characters=helpline.limits.message_max_chars,
                ),
                drain_seconds=DRAIN_SECONDS,
                forwarded_hops=settings.proxy_hops,
                health=partial(health_answer, readiness),
            )
            await stack.enter_async_context(gateway)
        except OSError as error:
            where = f"{host}:{settings.chat_port} ({error.strerror})"
            raise Misconfigured([f"environment: CHAT_PORT: cannot listen on {where}"]) from None
    if "public" in roles:
        public = public_application(
            services,
            readiness,
            clock,
            catalog,
            helpline,
            page_origins=origins,
            socket_url=addresses.chat_url,
            proxy_hops=settings.proxy_hops,
        )
        listening = listening_socket(host, settings.public_port, "PUBLIC_PORT")
        await stack.enter_async_context(
            served(public, listening, forwarded_hops=settings.proxy_hops)
        )
    return sockets


def _staff_application(
    settings: Settings,
    helpline: Helpline,
    services: Centre,
    catalog: Catalog,
    addresses: Addresses,
) -> tuple[web.Application, LiveSockets]:
    browser = BrowserRules.of(addresses.staff_url)
    emulator = settings.emulator_url
    # The emulator's socket is another origin: only then does the policy name it.
    connect = (emulator, emulator.replace("http", "ws", 1)) if emulator else CARRIER_ORIGINS
    policy = ContentPolicy(connect=connect, trusted_types=TRUSTED_TYPES)
    app = staff_application(services.accounts, browser, policy)
    app[PROXY_HOPS] = settings.proxy_hops
    sockets = add_api_routes(app, services.staff, browser, helpline)
    add_desk_routes(app, Pages(helpline, catalog))
    return app, sockets
