"""A pool that has everything at once: first choices, help-out after two times, a mix by listener."""

from routing.plan import Limits, Plan, PlanHelp, PlanLane, PlanProfile
from tests.kit.pools import ADULT, CALL, CHAT

# Short windows, so that a few minutes of virtual time see them slide.
LIMITS = Limits(flow_ms=120_000, estimate_ms=180_000)
PROFILES = (
    PlanProfile("both", (CALL, CHAT, ADULT)),
    PlanProfile("calls", (CALL,), (PlanHelp(ADULT, 5_000),)),
    PlanProfile("adults", (ADULT,), (PlanHelp(CALL, 10_000), PlanHelp(CHAT, 10_000))),
    PlanProfile("minors", (CALL, CHAT), (PlanHelp(ADULT, 20_000),)),
)


def helping_plan(pool: str) -> Plan:
    """Three lanes and four profiles; who has one lane as first choice helps out in another."""
    lanes = (
        PlanLane(CALL, "dlpm", "call"),
        PlanLane(CHAT, "dlpm", "chat"),
        PlanLane(ADULT, "dlpm", "call"),
    )
    return Plan(pool, lanes, PROFILES, LIMITS)
