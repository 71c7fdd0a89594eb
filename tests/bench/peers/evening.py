"""Contacts that arrive, and how long each will be talked to: drawn once, for every loop alike."""

import random
from dataclasses import dataclass

PER_HALF_HOUR = 360
TALK_SECONDS = 240.0
LISTENERS = 55
QUEUES = 3  # minors, relatives, professionals: each listener serves them all
HALF_HOUR = 1800.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """A contact: when it comes, to which queue, and how long it takes once it is answered."""

    at: float
    queue: int
    talk: float


@dataclass(frozen=True, slots=True)
class Evening:
    """Arrivals in their order, and how many listeners there are for them."""

    arrivals: tuple[Arrival, ...]
    listeners: int
    queues: int


def busy_evening(
    *,
    seed: int,
    hours: float,
    per_half_hour: float = PER_HALF_HOUR,
    talk_seconds: float = TALK_SECONDS,
    listeners: int = LISTENERS,
    queues: int = QUEUES,
) -> Evening:
    """Draw a Poisson stream of contacts with exponential talks; the same seed is the same evening.

    As given, 48 Erlang for 55 listeners: the case whose waits are known from
    Erlang C (a wait in 23.87 % of cases, 8.18 s on average, 86.7 % within 20 s).
    """
    draw = random.Random(seed)
    arrivals = []
    at = draw.expovariate(per_half_hour / HALF_HOUR)
    while at < hours * 3600:
        arrivals.append(Arrival(at, draw.randrange(queues), draw.expovariate(1 / talk_seconds)))
        at += draw.expovariate(per_half_hour / HALF_HOUR)
    return Evening(tuple(arrivals), listeners, queues)


def broadcast(*, seed: int) -> Evening:
    """Draw what follows a number shown on television: 2,000 contacts in five minutes.

    500 listeners take them. Here the cost of a decision shows, which an
    ordinary evening hides: a loop whose work grows with the queue is slowest
    when it is needed most.
    """
    draw = random.Random(seed)
    at = sorted(draw.uniform(0, 300) for _ in range(2000))
    arrivals = (Arrival(t, draw.randrange(QUEUES), draw.expovariate(1 / TALK_SECONDS)) for t in at)
    return Evening(tuple(arrivals), 500, QUEUES)
