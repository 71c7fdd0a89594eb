"""The numbers that the steps are bound by. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The times (milliseconds) and bounds of routing: whole numbers above zero, early_ms zero or more."""

    offer_ms: int = 20_000
    seen_ms: int = 2_000
    accepting_ms: int = 10_000
    recheck_ms: int = 2_000  # a stuck accept or an overdue write-up is reported again
    round_ms: int = 30_000
    rest_ms: int = 2_000  # everybody refused: pause before the same listeners ring again
    misses_before_asked: int = 2
    skip_max: int = 16
    tombstone_ms: int = 3_600_000
    settle_ms: int = 10_000  # longer than a database read may take: see lua/presence.lua
    event_entries: int = 10_000
    rebuild_ms: int = 30_000  # a rebuild that stops for so long no longer holds matches
    flow_ms: int = 1_800_000  # the sliding window of the live figures, whole minutes
    estimate_ms: int = 1_800_000  # the recent flow that an expected wait is told from
    early_ms: int = 5_000  # who gives up sooner is not counted as abandoned (DOMAIN 7.1)
