"""The waits that the real engine gives, beside those that theory says.

Each measured share and mean stands beside its formula, with a confidence
interval of batch means. And the very same callers go through an ideal queue
too: the engine must give every one of them the same wait, which says more
than any interval can.
"""

import asyncio
import random
import re
from collections.abc import Callable, Sequence
from typing import Any

from tests.simulate.engine_line import EngineLine
from tests.simulate.estimates import Estimate, batch_means
from tests.simulate.theory import ErlangA, ErlangC, cobham
from tests.simulate.traffic import Caller, Fate, IdealLine, Traffic, draw, serve
from tests.simulate.valkey import running_valkey
from tests.simulate.virtual_time import VirtualLoop, repeatable_ids, run_virtually

TARGET_SECONDS = 20.0
# Left out at the start, while the queue fills from empty.
WARMING_SHARE = 0.1

SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
RATE = re.compile(r"(\d+(?:\.\d+)?)(?:/(\d+(?:\.\d+)?)?(s|min|h)?)?")

Measure = Callable[[Caller, Fate], float]


def rate(text: str) -> float:
    """Read `0.2` or `0.2/s`, `360/30min`, `720/h` as a rate a second. Raises ValueError."""
    found = RATE.fullmatch(text)
    if found is None:
        raise ValueError(f"not a rate: {text!r}; say 0.2 (a second), 360/30min or 720/h")
    number, count, unit = found.groups()
    return float(number) / (float(count or 1) * SECONDS[unit or "s"])


def compare(
    traffic: Traffic, count: int, seed: int, confidence: float = 0.95, *, ideal_count: int = 0
) -> dict[str, Any]:
    """Lead `count` callers through the engine; return measured and theoretical, side by side.

    The ideal queue is led through the same callers, and through `ideal_count`
    others, whose interval is narrow. Raises ValueError when theory has no
    answer: a load that reaches the servers without patience, or patience
    together with two classes.
    """
    expected = theoretical(traffic)
    drawn = draw(traffic, count, random.Random(seed))
    engine, ideal = _fates(traffic, drawn, seed)
    apart = max(abs(one.wait - other.wait) for one, other in zip(engine, ideal, strict=True))
    same = all(one.answered == other.answered for one, other in zip(engine, ideal, strict=True))
    measures = _side_by_side(drawn, engine, expected, confidence)
    beside: dict[str, Any] = {"same_answers": same, "largest_difference_s": round(apart, 6)}
    if ideal_count:
        more = draw(traffic, ideal_count, random.Random(f"{seed}/ideal"))
        fates = asyncio.run(serve(IdealLine(more, traffic.servers), more))
        beside |= {
            "callers": ideal_count,
            "measures": _side_by_side(more, fates, expected, confidence),
        }
    return {
        "model": model_of(traffic),
        "load_erlangs": round(traffic.arrivals * traffic.service, 4),
        "servers": traffic.servers,
        "callers": count,
        "confidence": confidence,
        "measures": measures,
        "all_within": all(line["within"] for line in measures.values()),
        "ideal_queue": beside,
    }


def _fates(traffic: Traffic, drawn: Sequence[Caller], seed: int) -> tuple[list[Fate], list[Fate]]:
    """Lead the same callers through the engine and through the ideal queue."""
    loop = VirtualLoop()

    async def course() -> tuple[list[Fate], list[Fate]]:
        with running_valkey() as valkey, repeatable_ids(loop, random.Random(seed)):
            engine = EngineLine(valkey, drawn)
            await engine.open(traffic.servers)
            measured = await serve(engine, drawn)
        return measured, await serve(IdealLine(drawn, traffic.servers), drawn)

    return run_virtually(loop, course())


def _side_by_side(
    drawn: Sequence[Caller],
    fates: Sequence[Fate],
    expected: dict[str, float],
    confidence: float,
) -> dict[str, dict[str, Any]]:
    start = int(len(drawn) * WARMING_SHARE)
    rows = list(zip(drawn, fates, strict=True))[start:]
    return {
        name: _line(estimate(rows, name, confidence), theory) for name, theory in expected.items()
    }


def model_of(traffic: Traffic) -> str:
    """Name the formula that applies."""
    if traffic.patience is not None:
        return "Erlang A"
    return "Cobham" if traffic.urgent_share else "Erlang C"


def theoretical(traffic: Traffic) -> dict[str, float]:
    """Return what theory says, by the name of the measure."""
    rate, service, servers = traffic.arrivals, traffic.service, traffic.servers
    if traffic.patience is not None and traffic.urgent_share:
        raise ValueError("theory has no formula for patience and two classes together")
    if traffic.patience is not None:
        a = ErlangA(rate, service, servers, traffic.patience)
        return {
            "p_wait": a.p_wait,
            "mean_wait_s": a.mean_wait,
            "p_abandon": a.p_abandon,
            "answered_within_20_s": a.within(TARGET_SECONDS),
        }
    c = ErlangC(rate, service, servers)
    if traffic.urgent_share:
        share = traffic.urgent_share
        urgent, other = cobham([rate * share, rate * (1 - share)], service, servers)
        return {"p_wait": c.p_wait, "mean_wait_urgent_s": urgent, "mean_wait_other_s": other}
    return {
        "p_wait": c.p_wait,
        "mean_wait_s": c.mean_wait,
        "answered_within_20_s": c.within(TARGET_SECONDS),
    }


_MEASURES: dict[str, Measure] = {
    "p_wait": lambda _, fate: float(fate.wait > 0),
    "mean_wait_s": lambda _, fate: fate.wait,
    "p_abandon": lambda _, fate: float(not fate.answered),
    "answered_within_20_s": lambda _, fate: float(fate.answered and fate.wait <= TARGET_SECONDS),
    "mean_wait_urgent_s": lambda _, fate: fate.wait,
    "mean_wait_other_s": lambda _, fate: fate.wait,
}


def estimate(rows: Sequence[tuple[Caller, Fate]], name: str, confidence: float) -> Estimate:
    """Return a measure of what was seen, over the callers whom it is about."""
    about = {"mean_wait_urgent_s": True, "mean_wait_other_s": False}.get(name)
    measure = _MEASURES[name]
    return batch_means(
        [measure(who, fate) for who, fate in rows if about is None or who.urgent is about],
        confidence,
    )


def _line(measured: Estimate, theory: float) -> dict[str, Any]:
    return {
        "measured": round(measured.mean, 4),
        "plus_minus": round(measured.half_width, 4),
        "theory": round(theory, 4),
        "within": measured.holds(theory),
    }
