"""A deterministic simulation of the centre on virtual time; the last line is one JSON object.

    python -m tests.simulate --seed 7 --hours 6 --busy
    python -m tests.simulate queue --arrival 360/30min --service 240 --servers 55

The first lives through hours of calls and chats while nodes die, the index is
lost and rolled back, PostgreSQL refuses, and messages are late, lost, doubled
and out of order. Exit code 1 when a law of routing was broken, and the command
that replays it. The second measures the engine's waits beside queueing theory.
"""

import argparse
import json
import random
import sys
from dataclasses import asdict, fields
from typing import Any

import structlog

from config.clock import monotonic
from config.helpline.load import load_helpline
from config.settings import PACKAGED_HELPLINES
from tests.simulate.against_theory import compare, rate
from tests.simulate.node import Sabotage
from tests.simulate.traffic import Traffic
from tests.simulate.valkey import running_valkey
from tests.simulate.verdict import verdict
from tests.simulate.virtual_time import VirtualLoop, repeatable_ids, run_virtually
from tests.simulate.world import Evening, World

CALM_AN_HOUR, CALM_LISTENERS = 40.0, 8
BUSY_AN_HOUR, BUSY_LISTENERS = 130.0, 16
SABOTAGES = [each.name for each in fields(Sabotage)]


def simulate(seed: int, evening: Evening, sabotage: Sabotage) -> dict[str, Any]:
    """Live through one seed and return its verdict."""
    loop = VirtualLoop()
    helpline = load_helpline(PACKAGED_HELPLINES / "dlpm")
    ids = repeatable_ids(loop, random.Random(f"{seed}/ids"))
    with running_valkey() as valkey, ids:
        world = World(loop, valkey, helpline, seed, evening, sabotage)

        async def course() -> dict[str, Any]:
            await world.run()
            return verdict(world)

        found = run_virtually(loop, course())
    return {"seed": seed, **asdict(evening), **found}


def replay(asked: argparse.Namespace, seed: int) -> str:
    """Return the command that lives through a seed again."""
    words = ["python -m tests.simulate", f"--seed {seed}", f"--hours {asked.hours:g}"]
    words += ["--busy"] if asked.busy else []
    words += [f"--faults {asked.faults:g}"] if asked.faults != 1 else []
    words += [f"--sabotage {asked.sabotage}"] if asked.sabotage else []
    return " ".join(words)


def run_faults(asked: argparse.Namespace) -> int:
    """Live through the seeds asked for; 1 when a law was broken in any."""
    sabotage = Sabotage(**{asked.sabotage: True}) if asked.sabotage else Sabotage()
    arrivals, listeners = (
        (BUSY_AN_HOUR, BUSY_LISTENERS) if asked.busy else (CALM_AN_HOUR, CALM_LISTENERS)
    )
    evening = Evening(asked.hours, arrivals, listeners, asked.faults)
    failed = 0
    for seed in range(asked.seed, asked.seed + asked.seeds):
        begun = monotonic()
        found = simulate(seed, evening, sabotage)
        print(f"seed {seed}: {monotonic() - begun:.1f} s of wall clock", file=sys.stderr)
        if found["broken"]:
            failed += 1
            found["replay"] = replay(asked, seed)
            print(f"laws broken; replay with: {found['replay']}", file=sys.stderr)
        print(json.dumps(found), flush=True)
    return 1 if failed else 0


def run_queue(asked: argparse.Namespace) -> int:
    """Measure beside theory; 1 when the engine answered others than the ideal queue does.

    2 when theory has no answer to compare with. Being outside an interval is no failure: one in
    twenty is.
    """
    traffic = Traffic(
        asked.arrival, asked.service, asked.servers, asked.patience, asked.urgent_share
    )
    try:
        found = compare(
            traffic, asked.callers, asked.seed, asked.confidence, ideal_count=asked.ideal_callers
        )
    except ValueError as error:
        erlangs = traffic.arrivals * traffic.service
        hint = "a plain --arrival is callers a second; else say 360/30min or 720/h"
        print(f"{error}: {erlangs:.4g} erlangs ({hint})", file=sys.stderr)
        return 2
    print(json.dumps({"queue": found}, indent=2))
    return 0 if found["ideal_queue"]["same_answers"] else 1


def _rate(text: str) -> float:
    try:
        return rate(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def parsed(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run_faults)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="so many seeds, from --seed on")
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--busy", action="store_true", help="a busy evening")
    parser.add_argument("--faults", type=float, default=1.0, help="times as many as usual")
    parser.add_argument("--sabotage", choices=SABOTAGES, help="break the service on purpose")
    queue = parser.add_subparsers().add_parser("queue", help="measure beside queueing theory")
    queue.set_defaults(run=run_queue)
    queue.add_argument(
        "--arrival", type=_rate, required=True, help="0.2 (a second), 360/30min, 720/h"
    )
    queue.add_argument("--service", type=float, required=True, help="mean seconds of a call")
    queue.add_argument("--servers", type=int, required=True)
    queue.add_argument("--patience", type=float, help="mean seconds until a caller hangs up")
    queue.add_argument("--urgent-share", type=float, default=0.0, help="of U1, 0 to 1")
    queue.add_argument("--callers", type=int, default=20_000)
    queue.add_argument("--ideal-callers", type=int, default=1_000_000, help="0 for none")
    queue.add_argument("--seed", type=int, default=1)
    queue.add_argument("--confidence", type=float, choices=(0.95, 0.99, 0.999), default=0.95)
    return parser.parse_args(arguments)


def main() -> int:
    """Do what the command line asks."""
    # The services narrate each loss; here that would cost more than living through it.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(50), cache_logger_on_first_use=True
    )
    asked = parsed(sys.argv[1:])
    return int(asked.run(asked))


if __name__ == "__main__":
    sys.exit(main())
