"""The peers' decision loops, each against an evening small enough to be worked out by hand."""

import math

import pytest

from tests.bench.peers import LOOPS, Evening, broadcast, busy_evening, compared
from tests.bench.peers.evening import Arrival
from tests.bench.peers.loops import (
    OURS_SECONDS,
    asterisk,
    figures_of,
    freeswitch,
    ours,
    rocket_chat,
)


def evening(*arrivals: tuple[float, int, float], listeners: int = 1, queues: int = 1) -> Evening:
    return Evening(tuple(Arrival(*each) for each in arrivals), listeners, queues)


def test_ours_offers_at_the_instant_in_which_the_listener_is_free() -> None:
    waits = ours(evening((0.0, 0, 10.0), (4.0, 0, 10.0)))
    assert waits == pytest.approx([OURS_SECONDS, 6.0 + 2 * OURS_SECONDS])


def test_asterisk_finds_a_free_member_at_once_and_a_freed_one_at_its_next_look() -> None:
    assert asterisk(evening((0.0, 0, 10.0), (4.3, 0, 10.0))) == pytest.approx([0.0, 6.0])


def test_asterisk_serves_across_queues_whoever_looks_first() -> None:
    # Free at 10.2: who came last, in another queue, looks at 10.3, the first one at 10.9.
    waits = asterisk(evening((0.2, 0, 10.0), (3.9, 0, 99.0), (4.3, 1, 10.0), queues=2))
    assert waits[2] == pytest.approx(6.0)
    assert waits[1] > 10


def test_freeswitch_calls_nobody_in_the_second_in_which_she_hung_up() -> None:
    waits = freeswitch(evening((0.0, 0, 10.2), (4.0, 0, 10.0)))
    assert waits[0] < 0.001
    assert 7.0 <= waits[1] <= 7.11


def test_freeswitch_has_longer_ticks_the_more_members_and_agents_there_are() -> None:
    def last(listeners: int) -> float:
        crowd = [(0.0, 0, 1e6)] * (listeners + 500)
        return freeswitch(evening(*crowd[:listeners], listeners=listeners))[-1]

    assert last(1000) > 50 * last(100)


def test_rocket_chat_gives_away_one_of_each_department_every_five_seconds() -> None:
    waits = rocket_chat(evening(*[(1.0, n % 2, 1.0) for n in range(6)], listeners=9, queues=2))
    assert waits == [4.0, 4.0, 9.0, 9.0, 14.0, 14.0]


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
def test_no_loop_serves_more_at_once_than_there_are_listeners(loop: object) -> None:
    drawn = busy_evening(seed=3, hours=2)
    waits = loop(drawn)  # type: ignore[operator]
    began = [(each.at + wait, each.talk) for each, wait in zip(drawn.arrivals, waits, strict=True)]
    steps = sorted([(at + talk, -1) for at, talk in began] + [(at, 1) for at, _ in began])
    busy = most = 0
    for _, step in steps:
        busy += step
        most = max(most, busy)
    assert most <= drawn.listeners
    assert min(waits) >= 0


def test_ours_waits_as_erlang_c_says() -> None:
    # 48 Erlang, 55 listeners: P(wait) .2387, mean 8.18 s, 86.7 % within 20 s (Erlang 1917).
    waits = [wait for seed in range(6) for wait in ours(busy_evening(seed=seed, hours=24))]
    mean = sum(waits) / len(waits) - OURS_SECONDS
    waited = sum(wait > 2 * OURS_SECONDS for wait in waits) / len(waits)
    assert math.isclose(mean, 8.18, rel_tol=0.15)
    assert math.isclose(waited, 0.2387, rel_tol=0.1)


def test_only_the_loops_of_others_let_people_wait_beside_free_listeners() -> None:
    for drawn in (busy_evening(seed=1, hours=6), broadcast(seed=1)):
        figures = compared(drawn)
        own = figures.pop("ours")
        assert own["beside_free_s"] <= OURS_SECONDS * 1.01
        for name, each in figures.items():
            assert each["beside_free_s"] > own["beside_free_s"], name
            assert each["mean_wait_s"] > own["mean_wait_s"], name


def test_waiting_beside_a_free_listener_is_counted_for_each_who_does() -> None:
    two = evening((0.0, 0, 5.0), (1.0, 0, 5.0), listeners=2)
    assert figures_of(two, [2.0, 3.0])["beside_free_s"] == 2.5
