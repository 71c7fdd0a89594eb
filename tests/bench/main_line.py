"""The benchmark `slice`: the main line, from a webhook or a chat line to a desk, against floors.

One process serves (`contactcenter demo`, with its engines and its emulator as
its children), this one is every client, and each floor is a third. Nothing is
switched off in the service: signatures, vault, audit, limits, logs and fsync
are as shipped. docs/benchmarks.md says what each figure means.
"""

import asyncio
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from config.clock import monotonic
from tests.bench.callers import Carrier, carrier_session
from tests.bench.desks import OfferBoard, desks
from tests.bench.figures import Compared, Round, pooled_ms, significant
from tests.bench.floor_process import floor_process
from tests.bench.load import closed_loop
from tests.bench.stored import must_be_stored, owner_address
from tests.bench.visitors import Crowd, bare_sockets, visitors
from tests.kit.service import RunningService, running_demo


@dataclass(frozen=True)
class Scale:
    """How much is measured; seconds are those of one round."""

    rounds: int
    intake_seconds: float
    callers_in_flight: int
    offers: int
    offers_in_flight: int
    ack_seconds: float
    sockets: int  # of each round: nobody sends more than the shipped limit at once
    lines_in_flight: int
    most_seconds: float  # then the whole benchmark is given up


QUICK = Scale(
    rounds=3,
    intake_seconds=2,
    callers_in_flight=32,
    offers=150,
    offers_in_flight=2,
    ack_seconds=2,
    sockets=180,
    lines_in_flight=64,
    most_seconds=60,
)
FULL = Scale(
    rounds=5,
    intake_seconds=8,
    callers_in_flight=32,
    offers=1500,
    offers_in_flight=2,
    ack_seconds=8,
    sockets=900,
    lines_in_flight=64,
    most_seconds=400,
)


async def run(*, quick: bool) -> dict[str, Any]:
    """Measure everything once; BenchFailed when anything is answered otherwise than it should."""
    scale = QUICK if quick else FULL
    with tempfile.TemporaryDirectory(prefix="contactcenter-bench-") as folder:
        async with asyncio.timeout(scale.most_seconds):
            return await _measured(Path(folder) / "data", scale)


async def _measured(data_dir: Path, scale: Scale) -> dict[str, Any]:
    load_before = os.getloadavg()[0]
    began = monotonic()
    async with running_demo(data_dir) as service:
        ready_seconds = monotonic() - began
        _say(f"ready in {ready_seconds:.1f} s")
        offers = await _offers(service, scale)
        _say(f"{len(offers.latencies)} offers")
        intake = await _intake(service, data_dir, scale)
        _say(f"{intake.count} intakes")
        acks = await _acks(service, scale)
        _say(f"{acks.count} acks")
        await must_be_stored(
            service.ready, calls=len(offers.latencies) + intake.count, lines=acks.count
        )
        stopping = monotonic()
    stop_seconds = monotonic() - stopping
    began = monotonic()
    async with running_demo(data_dir):
        ready_again_seconds = monotonic() - began
    return {
        **_intake_figures(intake),
        "offer_p50_ms": significant(pooled_ms([offers], 50)),
        "offer_p99_ms": significant(pooled_ms([offers], 99)),
        **_acks_figures(acks),
        "ready_s": significant(ready_seconds),
        "ready_again_s": significant(ready_again_seconds),
        "stop_s": significant(stop_seconds),
        "ratios": {"intake": significant(intake.ratio), "acks": significant(acks.ratio)},
        "rounds": {**_rounds("intake", intake), **_rounds("acks", acks)},
        "scale": {
            **asdict(scale),
            "intakes": intake.count,
            "acks": acks.count,
            "load_average_before": significant(load_before),
        },
        "cpu_count": os.cpu_count(),
    }


def _intake_figures(intake: Compared) -> dict[str, float]:
    return {
        "intake_per_s": significant(intake.per_second),
        "intake_floor_per_s": significant(intake.floor_per_second),
        "intake_p50_ms": significant(intake.service_ms(50)),
        "intake_p99_ms": significant(intake.service_ms(99)),
        "intake_cpu_ms": significant(intake.cpu_ms_each),
    }


def _acks_figures(acks: Compared) -> dict[str, float]:
    return {
        "acks_per_s": significant(acks.per_second),
        "echo_floor_per_s": significant(acks.floor_per_second),
        "acks_p50_ms": significant(acks.service_ms(50)),
        "acks_p99_ms": significant(acks.service_ms(99)),
        "echo_floor_p99_ms": significant(acks.floor_ms(99)),
        "acks_cpu_ms": significant(acks.cpu_ms_each),
    }


def _rounds(name: str, compared: Compared) -> dict[str, list[float]]:
    return {
        f"{name}_per_s": [significant(each.per_second) for each in compared.service],
        f"{name}_floor_per_s": [significant(each.per_second) for each in compared.floor],
    }


async def _offers(service: RunningService, scale: Scale) -> Round:
    """Offer one call at a time to each but one of the desks, so that somebody is always free."""
    ready = service.ready
    listeners = [each for each in ready["accounts"] if each["role"] == "listener"]
    listeners = listeners[: scale.offers_in_flight + 1]
    left = iter(range(scale.offers))
    async with (
        desks(ready["staff_url"], listeners) as board,
        carrier_session(scale.offers_in_flight) as http,
    ):
        carrier = Carrier(http, ready["public_url"], ready["twilio"])

        async def one() -> float | None:
            if next(left, None) is None:
                return None
            return await _offered(carrier, board)

        return await closed_loop(one, in_flight=scale.offers_in_flight, seconds=scale.most_seconds)


async def _offered(carrier: Carrier, board: OfferBoard) -> float:
    call = await carrier.arrive()
    board.expect(call.contact_id)
    began = monotonic()
    await carrier.press(call)
    took = await board.offered(call.contact_id) - began
    await carrier.hang_up(call)
    await board.withdrawn(call.contact_id)
    return took


async def _intake(service: RunningService, data_dir: Path, scale: Scale) -> Compared:
    """Take calls in as fast as they are answered; each round right after one of its floor."""
    ready, in_flight = service.ready, scale.callers_in_flight
    served: list[Round] = []
    bare: list[Round] = []
    async with (
        floor_process(
            "intake", database_url=owner_address(data_dir, ready["database_url"])
        ) as port,
        carrier_session(in_flight) as http,
    ):
        carrier = Carrier(http, ready["public_url"], ready["twilio"])
        floor_url = f"http://127.0.0.1:{port}/voice/incoming"

        async def floor() -> float:
            return await carrier.bare(floor_url)

        for _ in range(scale.rounds):
            bare.append(
                await closed_loop(floor, in_flight=in_flight, seconds=scale.intake_seconds / 2)
            )
            served.append(
                await closed_loop(
                    carrier.take_in,
                    in_flight=in_flight,
                    seconds=scale.intake_seconds,
                    server_pid=service.pid,
                )
            )
    return Compared(tuple(served), tuple(bare))


async def _acks(service: RunningService, scale: Scale) -> Compared:
    """Send chat lines as fast as they are ticked; each round right after one of its floor."""
    served: list[Round] = []
    bare: list[Round] = []
    for number in range(scale.rounds):
        async with (
            floor_process("echo") as port,
            bare_sockets(f"ws://127.0.0.1:{port}", scale.sockets) as crowd,
        ):
            bare.append(await _lines(Crowd(crowd, "send"), scale, scale.ack_seconds / 2))
        async with visitors(service.ready["public_url"], scale.sockets, town=1 + number) as crowd:
            served.append(await _lines(Crowd(crowd, "ack"), scale, scale.ack_seconds, service.pid))
    return Compared(tuple(served), tuple(bare))


async def _lines(
    crowd: Crowd, scale: Scale, seconds: float, server_pid: int | None = None
) -> Round:
    return await closed_loop(
        crowd.send_one, in_flight=scale.lines_in_flight, seconds=seconds, server_pid=server_pid
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
