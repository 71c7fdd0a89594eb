"""What each act of a desk costs PostgreSQL: no more than it did. Lower a bound when an act is mended."""

from pathlib import Path

from tests.bench.acts.cost import Cost, Figures
from tests.bench.acts.course import one_round
from tests.bench.acts.stage import stage
from tests.kit.engines import DatabaseAddresses

# As counted by `python -m tests.bench acts`, which has the goals beside them.
BOUNDS = {
    act: Figures(*bounds)
    for act, bounds in {
        # round trips, transactions, statements, writing transactions
        "open_chat": (15, 5, 15, 4),
        "accept": (14, 8, 14, 1),
        "chat_line_to_desk": (16, 7, 16, 2),
        "line_by_listener": (24, 10, 24, 3),
        "form_save": (12, 2, 12, 1),
        "end": (15, 9, 15, 1),
        "close": (20, 10, 20, 2),
        "raise": (11, 7, 11, 1),
        "end_after_danger": (22, 12, 22, 2),
        "hand_over": (44, 25, 44, 5),
        # Of eight drivers of call steps those that are free look, at each wake-up.
        "accept_call": (95, 40, 95, 27),
    }.items()
}
# What a socket's sign of life adds to an act in one round, it does not in another.
MOST_ROUNDS = 7


async def test_no_act_costs_more_round_trips_or_transactions_than_it_did(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with stage(tmp_path, database, redis_url) as ready:
        await one_round(ready)
        ready.watch.is_counting = True
        for _ in range(MOST_ROUNDS):
            await one_round(ready)
            if not dearer(ready.watch.costs):
                break
    assert dearer(ready.watch.costs) == {}
    assert ready.watch.costs.keys() == BOUNDS.keys()


def dearer(costs: dict[str, Cost]) -> dict[str, Cost]:
    """Return what costs more than its bound."""
    return {act: cost for act, cost in costs.items() if not cost.is_within(BOUNDS[act])}
