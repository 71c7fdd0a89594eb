"""How others decide who is served next, beside our own rule, on the same arrivals. Pure.

    evening = busy_evening(seed=1, hours=24)
    compared(evening)  # name → mean wait, 95th percentile, service level

Virtual time only: no clock, no engine. Only the decision is modelled; ringing,
answering and talking take everybody the same time, so they are left out.
"""

from tests.bench.peers.evening import Evening, broadcast, busy_evening
from tests.bench.peers.loops import LOOPS, compared

__all__ = ["LOOPS", "Evening", "broadcast", "busy_evening", "compared"]
