"""Measure and print: `python -m tests.bench NAME [--quick]`; the last line is one JSON object."""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Awaitable
from typing import Any, Protocol

from tests.bench import main_line, race
from tests.bench.acts import benchmark as acts
from tests.bench.flood import benchmark as flood
from tests.bench.load import BenchFailed
from tests.bench.routing import benchmark as routing


class Benchmark(Protocol):
    """Measures one thing and returns its figures; `quick` is for a glance, not for a claim."""

    def __call__(self, *, quick: bool) -> Awaitable[dict[str, Any]]:
        """Run it; raises BenchFailed when what was to be measured did not happen."""
        ...


BENCHMARKS: dict[str, Benchmark] = {
    "slice": main_line.run,
    "routing": routing.run,
    "race": race.run,
    "flood": flood.run,
    "acts": acts.run,
}


def main() -> int:
    """Run the benchmark named on the command line; 1 when it gives no figures."""
    arguments = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    arguments.add_argument("name", choices=sorted(BENCHMARKS))
    arguments.add_argument("--quick", action="store_true", help="under 45 seconds, coarser")
    asked = arguments.parse_args()
    try:
        figures = asyncio.run(_stoppable(BENCHMARKS[asked.name](quick=asked.quick)))
    except (BenchFailed, TimeoutError) as failure:
        reason = str(failure) or "it took too long, or the service did not stop when told"
        print(f"no figures: {reason}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    print(json.dumps({"benchmark": asked.name, "quick": asked.quick, **figures}))
    return 0


async def _stoppable(measuring: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    task = asyncio.current_task()
    assert task is not None
    # As Ctrl-C does: the blocks are left in order, and every process of ours with them.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await measuring


if __name__ == "__main__":
    sys.exit(main())
