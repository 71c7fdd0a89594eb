"""Measures the telephone's webhooks, idle and under each flood, and the memory they leave."""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from config.clock import monotonic
from contactcenter.engines.child import launch_arguments
from tests.bench.callers import Carrier
from tests.bench.figures import percentile, significant
from tests.bench.flood.attacks import ATTACKS
from tests.bench.flood.honest import HonestStaff
from tests.bench.load import BenchFailed
from tests.kit.service import ROOT, RunningService, running_demo

# What is asked: no webhook's 99th percentile beyond the larger of the two, in milliseconds.
LONGEST_MS = 50.0
TIMES_IDLE = 5.0
LONGEST_SIGN_IN_MS = 2_000.0
# What the allocator may keep of a flood, beside what the calls of the probes themselves left.
KEPT_MB = 30.0
PROBE_SECONDS = 30.0


@dataclass(frozen=True)
class Scale:
    """How much is measured, of each kind."""

    probes: int
    every_seconds: float
    warming_probes: int
    after_seconds: float  # how long memory is given to come back
    most_seconds: float


QUICK = Scale(130, 0.02, 40, 8.0, 90.0)
FULL = Scale(600, 0.02, 100, 60.0, 400.0)


async def run(*, quick: bool) -> dict[str, Any]:
    """Measure every kind once; BenchFailed when a probe is answered otherwise than a call is."""
    scale = QUICK if quick else FULL
    with tempfile.TemporaryDirectory(prefix="contactcenter-flood-") as folder:
        async with asyncio.timeout(scale.most_seconds):
            return await _measured(Path(folder) / "data", scale)


async def _measured(data_dir: Path, scale: Scale) -> dict[str, Any]:
    async with running_demo(data_dir) as service, HonestStaff.of(service.ready) as staff:
        await _probed(service, scale.warming_probes, scale)
        rest = _memory_mb(service)
        p99 = {"idle": await _p99(service, scale)}
        sign_ins: dict[str, float] = {}
        peak = [rest]
        watching = asyncio.ensure_future(_watch_memory(service, peak))
        for kind in ATTACKS:
            async with _attacked(kind, service):
                honest = staff.sign_in_each() if kind == "sign_ins" else asyncio.sleep(0, {})
                p99[kind], timed = await asyncio.gather(_p99(service, scale), honest)
                sign_ins |= timed
            _say(f"{kind}: p99 {p99[kind]:.1f} ms (idle {p99['idle']:.1f})")
        after = await _back_at_rest(service, rest, scale.after_seconds)
        watching.cancel()
    bound = max(LONGEST_MS, TIMES_IDLE * p99["idle"])
    return {
        "webhook_p99_ms": {kind: significant(each) for kind, each in p99.items()},
        "honest_sign_in_ms": {kind: significant(each) for kind, each in sign_ins.items()},
        "rss_mb": {
            "rest": significant(rest),
            "peak": significant(max(peak)),
            "after": significant(after),
        },
        "bound_ms": significant(bound),
        "within": {
            **{kind: each <= bound for kind, each in p99.items()},
            "honest_sign_in": sign_ins["recent"] <= LONGEST_SIGN_IN_MS,
            "rss": after <= rest + KEPT_MB,
        },
        "scale": {**asdict(scale), "load_average": significant(os.getloadavg()[0])},
        "cpu_count": os.cpu_count(),
    }


async def _p99(service: RunningService, scale: Scale) -> float:
    return percentile(await _probed(service, scale.probes, scale), 99) * 1000


async def _probed(service: RunningService, number: int, scale: Scale) -> list[float]:
    """Let calls come in one after the other, however long the ones before take.

    Each on a connection of its own, as through a proxy that keeps none: so
    the port's queue of connections is part of what is measured.
    """
    ready = service.ready
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, force_close=True),
        timeout=aiohttp.ClientTimeout(total=PROBE_SECONDS),
    ) as http:
        carrier = Carrier(http, ready["public_url"], ready["twilio"])

        async def one(due: float) -> float:
            await carrier.arrive()
            return monotonic() - due

        began = monotonic()
        probes = []
        for place in range(number):
            due = began + place * scale.every_seconds
            await asyncio.sleep(max(0.0, due - monotonic()))
            probes.append(asyncio.ensure_future(one(monotonic())))
        try:
            return await asyncio.gather(*probes)
        except aiohttp.ClientError as error:
            raise BenchFailed(f"a call was not answered: {type(error).__name__}") from None
        finally:
            for probe in probes:
                probe.cancel()
            await asyncio.gather(*probes, return_exceptions=True)


@asynccontextmanager
async def _attacked(kind: str, service: RunningService) -> AsyncIterator[None]:
    """Attack from a process of its own until the block ends; it dies with ours."""
    process = await asyncio.create_subprocess_exec(
        *launch_arguments(
            [sys.executable, "-m", "tests.bench.flood.attacks"],
            death_signal=signal.SIGKILL,
            identity=None,
        ),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    ready = service.ready
    try:
        orders = {
            "kind": kind,
            **{
                name: int(ready[f"{name}_url"].rsplit(":", 1)[1].split("/")[0])
                for name in ("public", "chat", "staff")
            },
        }
        process.stdin.write(json.dumps(orders).encode() + b"\n")
        if not await process.stdout.readline():
            raise BenchFailed(f"the attack {kind} did not begin")
        yield
    finally:
        process.kill()
        await process.wait()


async def _watch_memory(service: RunningService, peak: list[float]) -> None:
    while True:
        peak.append(_memory_mb(service))
        await asyncio.sleep(0.2)


async def _back_at_rest(service: RunningService, rest: float, seconds: float) -> float:
    """Return the memory once it is back, or what it is when the time is over."""
    until = monotonic() + seconds
    while True:
        now = _memory_mb(service)
        if now <= rest + KEPT_MB or monotonic() > until:
            return now
        await asyncio.sleep(0.5)


def _memory_mb(service: RunningService) -> float:
    return float(psutil.Process(service.pid).memory_info().rss) / 1e6


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
