"""How long somebody may still wait, told from what the lane has just done. Pure.

The person who waits decides by this number whether to stay. So it is taken
from the lane's own recent answers and not from a model of the staff, it errs
on the long side, and it is None rather than a guess.
"""

import math
from dataclasses import dataclass

FEWEST_ANSWERS = 5  # below, the spread of the estimate is wider than the estimate
LONGEST_SILENCE_MS = 600_000  # nobody answered for ten minutes: what was before says nothing
LONGEST_TOLD_S = 7_200


@dataclass(frozen=True, slots=True)
class RecentFlow:
    """A lane's answers over the last half hour or so.

    `since_ms`: from the beginning of the first minute with an answer until
    now; `silent_ms`: since the end of the last such minute, 0 when it is this
    one.
    """

    answered: int
    since_ms: int
    silent_ms: int


def expected_wait_seconds(before: int, present: int, recent: RecentFlow) -> int | None:
    """Return how many more seconds somebody with `before` people ahead may wait, rounded up.

    With n people ahead, n + 1 must be taken before the wait is over. While
    people wait, contacts are taken at the rate at which listeners become
    free, s·µ; so the mean is (n + 1) / (s·µ) (W. Whitt, « Predicting queueing
    delays », Management Science 45(6), 1999, and the queue-length estimator
    QL of R. Ibrahim and W. Whitt, « Real-time delay estimation based on delay
    history », M&SOM 11(3), 2009). s·µ is not known here, but the rate of
    recent answers is, and it can only be lower: a lane that had idle
    listeners answered fewer than it could. So the estimate errs on the long
    side when the lane was calm, and people who give up ahead only shorten it.

    Two standard deviations of luck are put on the long side as well, both of
    counting (Poisson: the deviation of a count is its root): the n + 1 to
    come take the time of n + 1 + √(n + 1), and the A answers seen count as
    A − √A.

    None when it would be a guess: fewer than five answers, none for ten
    minutes, nobody present who has the lane as first choice, or more than two
    hours.
    """
    if present <= 0 or recent.answered < FEWEST_ANSWERS or recent.since_ms <= 0:
        return None
    if recent.silent_ms > LONGEST_SILENCE_MS:
        return None
    ahead = max(0, before) + 1
    cautious_answers = recent.answered - math.sqrt(recent.answered)
    per_answer_s = recent.since_ms / 1000 / cautious_answers
    seconds = math.ceil((ahead + math.sqrt(ahead)) * per_answer_s)
    return seconds if seconds <= LONGEST_TOLD_S else None
