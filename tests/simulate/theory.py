"""What queueing theory says of waits, in closed form. Pure: no clock, no randomness.

Arrivals are a Poisson stream of `arrivals` a second, service times are
exponential with mean `service` seconds, `servers` work side by side, and who
waits is served in the order of arrival (of each class, with classes).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Beyond this share of the largest term a sum of probabilities gains nothing in a double.
NEGLIGIBLE = 1e-18
SIMPSON_PARTS = 2_000  # even; the integrand is smooth, so this is exact to about 1e-12


def erlang_b(load: float, servers: int) -> float:
    """Return the share of arrivals that find all servers busy when nobody may wait.

    `load` is in erlangs: arrivals a second times mean service in seconds.
    A. K. Erlang, "Solution of some problems in the theory of probabilities of
    significance in automatic telephone exchanges", 1917; by the recursion
    B(n) = load B(n-1) / (n + load B(n-1)), which no number of servers overflows.
    """
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(load: float, servers: int) -> float:
    """Return the share of arrivals that wait when everybody does, for as long as it takes.

    Erlang 1917, the delay formula: C = B / (1 - (load / servers) (1 - B)).
    Raises ValueError when the load reaches the servers: the queue has no end then.
    """
    if load >= servers:
        raise ValueError("unstable: the load reaches the number of servers")
    blocked = erlang_b(load, servers)
    return blocked / (1 - load / servers * (1 - blocked))


@dataclass(frozen=True, slots=True)
class ErlangC:
    """The queue M/M/c: patient callers, one class, first come first served."""

    arrivals: float
    service: float
    servers: int

    @property
    def load(self) -> float:
        """Return the offered load in erlangs."""
        return self.arrivals * self.service

    @property
    def p_wait(self) -> float:
        """Return the share of arrivals that wait at all."""
        return erlang_c(self.load, self.servers)

    @property
    def mean_wait(self) -> float:
        """Return the mean wait in seconds of all arrivals, those who do not wait included.

        C s / (c - a): who waits at all waits the mean time between two
        departures, s / c, over the idle share. L. Kleinrock, "Queueing
        Systems", volume 1, 1975, section 3.5.
        """
        return self.p_wait * self.service / (self.servers - self.load)

    def within(self, seconds: float) -> float:
        """Return the share of arrivals answered within `seconds`: 1 - C exp(-(c - a) t / s)."""
        rate = (self.servers - self.load) / self.service
        return 1 - self.p_wait * math.exp(-rate * seconds)


@dataclass(frozen=True, slots=True)
class ErlangA:
    """The queue M/M/c+M: callers hang up after an exponential patience of mean `patience`.

    C. Palm, "Research on telephone traffic carried by full availability
    groups", 1957 (from work of 1937 to 1946); O. Garnett, A. Mandelbaum and
    M. Reiman, "Designing a call center with impatient customers",
    Manufacturing & Service Operations Management 4 (2002), 208-227.
    """

    arrivals: float
    service: float
    servers: int
    patience: float

    def _states(self) -> tuple[list[float], list[float]]:
        """Return the chances of 0 … c-1 and of c, c+1 … in the system, by birth and death.

        Worked outwards from c, so that a thousand servers overflow nothing.
        """
        served, c = 1 / self.service, self.servers
        below, weight = [], 1.0
        for n in range(c, 0, -1):
            weight *= n * served / self.arrivals
            below.append(weight)
        above, weight, n = [], 1.0, 0
        largest = 1.0
        while weight > largest * NEGLIGIBLE:
            above.append(weight)
            n += 1
            weight *= self.arrivals / (c * served + n / self.patience)
            largest = max(largest, weight)
        total = sum(below) + sum(above)
        return [w / total for w in reversed(below)], [w / total for w in above]

    @property
    def p_wait(self) -> float:
        """Return the share of arrivals that wait at all (arrivals see time averages)."""
        return sum(self._states()[1])

    @property
    def mean_wait(self) -> float:
        """Return the mean wait in seconds of all arrivals, until answered or hung up (Little)."""
        return sum(n * p for n, p in enumerate(self._states()[1])) / self.arrivals

    @property
    def p_abandon(self) -> float:
        """Return the share of arrivals that hang up: those in the queue do at 1 / patience each."""
        return self.mean_wait / self.patience

    @property
    def occupancy(self) -> float:
        """Return the share of time that a server is busy."""
        return self.arrivals * (1 - self.p_abandon) * self.service / self.servers

    def within(self, seconds: float) -> float:
        """Return the share of arrivals answered within `seconds`, those who hung up not counted in.

        The wait offered to somebody of endless patience has, above zero, the
        density arrivals * P(c-1) * exp(arrivals * H(x) - c x / s) with
        H(x) = patience * (1 - exp(-x / patience)). F. Baccelli and G.
        Hebuterne, "On queues with impatient customers", Performance '81;
        here times the chance of still being there at x.
        """
        below, above = self._states()
        before, theta = below[-1], 1 / self.patience

        def answered(x: float) -> float:
            h = self.patience * -math.expm1(-theta * x)
            return math.exp(self.arrivals * h - self.servers * x / self.service - theta * x)

        step = seconds / SIMPSON_PARTS
        inner = sum((4 if i % 2 else 2) * answered(i * step) for i in range(1, SIMPSON_PARTS))
        integral = (answered(0) + inner + answered(seconds)) * step / 3
        return 1 - sum(above) + self.arrivals * before * integral


def cobham(arrivals: Sequence[float], service: float, servers: int) -> tuple[float, ...]:
    """Return the mean wait in seconds of each class, the first being served before the others.

    Nobody's service is broken off for a more urgent newcomer, and all classes
    have the same exponential service. W(p) = W0 / ((1 - s(p-1)) (1 - s(p)))
    with s(p) the occupancy due to classes 1 … p and W0 = C s / c.
    A. Cobham, "Priority assignment in waiting line problems", Journal of the
    Operations Research Society of America 2 (1954), 70-76 (correction:
    3 (1955), 547); the several servers are his section on multiple channels.
    In our engine U1 is band 0, the first class; who is in band 1 is the second.
    """
    first_free = erlang_c(sum(arrivals) * service, servers) * service / servers
    waits, ahead = [], 0.0
    for rate in arrivals:
        up_to = ahead + rate * service / servers
        waits.append(first_free / ((1 - ahead) * (1 - up_to)))
        ahead = up_to
    return tuple(waits)
