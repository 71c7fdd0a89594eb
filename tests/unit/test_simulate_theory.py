"""The formulas of queueing theory against published values, and against each other."""

import math
import random

import pytest

from tests.simulate.estimates import Estimate, batch_means
from tests.simulate.theory import ErlangA, ErlangC, cobham, erlang_b, erlang_c


def test_erlang_c_gives_the_published_example_of_55_servers():
    # 360 calls per half hour of 240 s on 55 servers, the worked example that call centres quote.
    queue = ErlangC(arrivals=360 / 1800, service=240, servers=55)
    assert queue.load == pytest.approx(48)
    assert queue.p_wait == pytest.approx(0.2387, abs=5e-5)
    assert queue.within(20) == pytest.approx(0.867, abs=5e-4)
    assert queue.mean_wait == pytest.approx(8.18, abs=5e-3)


def test_one_server_waits_as_the_elementary_formula_says():
    queue = ErlangC(arrivals=0.8, service=1, servers=1)
    assert queue.p_wait == pytest.approx(0.8)
    assert queue.mean_wait == pytest.approx(0.8 / (1 - 0.8))


def test_erlang_b_gives_table_values():
    # Traffic tables: 10 erlangs on 10 trunks lose 21.46 %, 20 on 30 lose 0.846 %.
    assert erlang_b(10, 10) == pytest.approx(0.2146, abs=5e-5)
    assert erlang_b(20, 30) == pytest.approx(0.00846, abs=5e-6)


def test_a_queue_without_end_has_no_wait_to_tell():
    with pytest.raises(ValueError, match="unstable"):
        erlang_c(55, 55)


def test_erlang_a_gives_the_published_example_of_50_agents():
    # Garnett, Mandelbaum and Reiman 2002: 48 calls a minute of one minute on 50 agents. Patience
    # of two minutes turns a wait of 20.8 s, 17 in the queue and 96 % busy into 3.6 s (of those
    # answered), 3 and 93 %, at the price of 3.1 % who hang up.
    patient = ErlangC(arrivals=48 / 60, service=60, servers=50)
    assert patient.mean_wait == pytest.approx(20.8, abs=0.05)
    queue = ErlangA(arrivals=48 / 60, service=60, servers=50, patience=120)
    assert queue.p_abandon == pytest.approx(0.031, abs=5e-4)
    assert queue.arrivals * queue.mean_wait == pytest.approx(3, abs=0.05)
    assert queue.occupancy == pytest.approx(0.93, abs=5e-3)
    answered = 1 - queue.p_abandon
    later = [1 - queue.within(t) / answered for t in range(1, 120)]
    assert math.fsum(later) + queue.p_wait / 2 == pytest.approx(3.6, abs=0.05)


def test_endless_patience_is_erlang_c():
    patient = ErlangC(arrivals=0.2, service=240, servers=55)
    endless = ErlangA(arrivals=0.2, service=240, servers=55, patience=1e9)
    assert endless.p_wait == pytest.approx(patient.p_wait, rel=1e-6)
    assert endless.mean_wait == pytest.approx(patient.mean_wait, rel=1e-5)
    assert endless.within(20) == pytest.approx(patient.within(20), rel=1e-6)


def test_whoever_does_not_hang_up_is_answered_in_the_end():
    queue = ErlangA(arrivals=0.3, service=240, servers=55, patience=90)  # more load than servers
    assert queue.within(1_500) == pytest.approx(1 - queue.p_abandon, abs=1e-6)
    assert queue.within(0) == pytest.approx(1 - queue.p_wait, abs=1e-12)


def test_a_thousand_servers_overflow_nothing():
    queue = ErlangA(arrivals=10, service=100, servers=1000, patience=100)
    assert 0 < queue.p_abandon < 0.05
    assert 0 < erlang_c(950, 1000) < 1


@pytest.mark.parametrize(("doctors", "hours"), [(1, (0.238, 0.325)), (2, (0.029, 0.033, 0.048))])
def test_cobham_gives_the_published_example_of_a_hospital(doctors, hours):
    # Hillier and Lieberman, "Introduction to Operations Research", the county hospital: patients
    # of three classes come at 0.2, 0.6 and 1.2 an hour and a doctor needs 20 minutes for each.
    waits = cobham([0.2, 0.6, 1.2], service=1 / 3, servers=doctors)
    assert waits[: len(hours)] == pytest.approx(hours, abs=5e-4)


def test_urgency_moves_waits_and_makes_none():
    # Kleinrock's conservation law: weighted by its load, the mean wait is that of one class.
    rates = [0.05, 0.15]
    waits = cobham(rates, service=240, servers=55)
    one_class = ErlangC(arrivals=sum(rates), service=240, servers=55).mean_wait
    weighted = math.fsum(r * w for r, w in zip(rates, waits, strict=True)) / sum(rates)
    assert weighted == pytest.approx(one_class)
    assert waits[0] < one_class < waits[1]


def test_batch_means_hold_the_truth_as_often_as_they_say():
    # Alike neighbours: an autoregressive row whose mean is 0, 200 times.
    held, rng = 0, random.Random(5)
    for _ in range(200):
        row, last = [], 0.0
        for _ in range(4_000):
            last = 0.8 * last + rng.gauss(0, 1)
            row.append(last)
        held += batch_means(row).holds(0)
    assert 0.90 <= held / 200 <= 0.985


def test_too_short_a_run_is_no_estimate():
    with pytest.raises(ValueError, match="too few"):
        batch_means([1.0] * 199)
    assert batch_means([1.0] * 200) == Estimate(1.0, 0.0)
