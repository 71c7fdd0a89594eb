"""How sure a measured mean is, when each observation leans on the one before. Pure.

Waits of callers who follow each other are alike, so the plain standard error
of a mean is far too small. Batch means: the run is cut into a few long
batches whose means are nearly independent, and Student's t is applied to
those. A. M. Law, "Simulation Modeling and Analysis", section 9.5.3; B.
Schmeiser, "Batch size effects in the analysis of simulation output",
Operations Research 30 (1982): 10 to 30 batches serve best.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

BATCHES = 20
# Student's t with 19 degrees of freedom, two sides.
T_19 = {0.95: 2.093, 0.99: 2.861, 0.999: 3.883}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and half the width of its confidence interval."""

    mean: float
    half_width: float

    def holds(self, value: float) -> bool:
        """Say whether the interval holds a value."""
        return abs(self.mean - value) <= self.half_width


def batch_means(observed: Sequence[float], confidence: float = 0.95) -> Estimate:
    """Return the mean of a stationary row of observations and how sure it is.

    Raises ValueError for fewer than ten observations a batch, KeyError for a
    confidence without a known quantile. What does not fill the batches is left out.
    """
    size = len(observed) // BATCHES
    if size < 10:
        raise ValueError(f"too few observations: {len(observed)}, at least {10 * BATCHES}")
    means = [math.fsum(observed[i * size : (i + 1) * size]) / size for i in range(BATCHES)]
    mean = math.fsum(means) / BATCHES
    variance = math.fsum((each - mean) ** 2 for each in means) / (BATCHES - 1)
    return Estimate(mean, T_19[confidence] * math.sqrt(variance / BATCHES))
