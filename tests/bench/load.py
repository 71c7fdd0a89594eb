"""Load from a fixed number of clients, each waiting for its answer before it asks again."""

import asyncio
from collections.abc import Awaitable, Callable

import psutil

from config.clock import monotonic
from tests.bench.figures import Round


class BenchFailed(Exception):
    """The service did something else than what was to be measured: no figure is given."""


# Does one act and returns the seconds it took, or None when there is nothing left to do.
Act = Callable[[], Awaitable[float | None]]


async def closed_loop(
    act: Act, *, in_flight: int, seconds: float, server_pid: int | None = None
) -> Round:
    """Keep `in_flight` acts under way for `seconds`; those begun are finished and counted.

    The processor time of `server_pid` is measured with them. An act that raises ends the round and the benchmark: a refused request is
    quick, and would pass for a good figure.
    """
    server = None if server_pid is None else psutil.Process(server_pid)
    used_before = _processor_seconds(server)
    started = monotonic()
    stop_at = started + seconds
    latencies: list[float] = []

    async def client() -> None:
        while monotonic() < stop_at:
            took = await act()
            if took is None:
                return
            latencies.append(took)

    try:
        async with asyncio.TaskGroup() as clients:
            for _ in range(in_flight):
                clients.create_task(client())
    except BaseExceptionGroup as several:
        # One is enough: the others failed for the same reason.
        raise several.exceptions[0] from None
    took_together = monotonic() - started
    return Round(took_together, tuple(latencies), _processor_seconds(server) - used_before)


def _processor_seconds(process: psutil.Process | None) -> float:
    if process is None:
        return 0.0
    times = process.cpu_times()
    return float(times.user + times.system)
