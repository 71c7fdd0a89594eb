"""How much is measured, in the quick run and in the one for a claim."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Seconds are those of one round; every round of a floor comes just before one of ours."""

    waiting_1k: int
    listeners_1k: int
    waiting_1m: int
    listeners_1m: int
    match_blocks: int
    matches_each_block: int
    rounds: int
    cycle_seconds: float
    cycles_in_flight: int
    commit_seconds: float
    commits_in_flight: int
    desks: int
    capacity_seconds: float
    half_seconds: float
    waiting_rebuilt: int
    evening_hours: int
    most_seconds: float  # then the whole benchmark is given up


QUICK = Scale(
    waiting_1k=1_000,
    listeners_1k=50,
    waiting_1m=100_000,
    listeners_1m=5_000,
    match_blocks=4,
    matches_each_block=150,
    rounds=3,
    cycle_seconds=0.8,
    cycles_in_flight=8,
    commit_seconds=0.8,
    commits_in_flight=16,
    desks=16,
    capacity_seconds=2.0,
    half_seconds=5.0,
    waiting_rebuilt=100_000,
    evening_hours=24,
    most_seconds=120,
)
FULL = Scale(
    waiting_1k=1_000,
    listeners_1k=50,
    waiting_1m=1_000_000,
    listeners_1m=5_000,
    match_blocks=10,
    matches_each_block=500,
    rounds=5,
    cycle_seconds=4.0,
    cycles_in_flight=8,
    commit_seconds=4.0,
    commits_in_flight=16,
    desks=16,
    capacity_seconds=10.0,
    half_seconds=40.0,
    waiting_rebuilt=100_000,
    evening_hours=24,
    most_seconds=900,
)
