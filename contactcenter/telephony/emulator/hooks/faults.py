"""Misbehaviour on command: what the network may do to us, switched on for a test.

A rule strikes the next `times` things that match it, then rests. Rules are set
over the admin endpoint, in memory only.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_RULES = 50


class Rule(BaseModel):
    """One misbehaviour.

    `where` is what it strikes and `match` a part of it: the path of a webhook
    or callback, its event (`participant-join`, a call status), or the REST
    request's "METHOD path". `act`:

    - webhook: `lose` (as if the service could not be reached), `late`, `repeat`;
    - callback: `lose`, `late` (later ones overtake it), `repeat`;
    - rest: `refuse` (nothing is done), `refuse_after` (done, yet refused),
      `hang` (nothing is done and no answer comes), `hang_after` (done, no answer).
    """

    model_config = ConfigDict(extra="forbid")

    where: Literal["webhook", "callback", "rest"]
    act: Literal["lose", "late", "repeat", "refuse", "refuse_after", "hang", "hang_after"]
    match: str = ""
    times: Annotated[int, Field(ge=0, le=10_000)] = 1
    seconds: Annotated[float, Field(ge=0, le=60)] = 1.0
    status: Annotated[int, Field(ge=400, le=599)] = 429
    code: int = 20429


class FaultPlan(BaseModel):
    """Everything that can be switched; an empty plan is a network that behaves.

    `wait_failure` is what becomes of a parked caller whose wait document cannot
    be had. Twilio does not say [check]: here they wait on, and it is asked again
    after 2 s, unless the plan says otherwise.
    """

    model_config = ConfigDict(extra="forbid")

    rules: Annotated[list[Rule], Field(max_length=MAX_RULES)] = []
    # « Lists are eventually consistent »: what was made less than this ago is not listed yet.
    list_lag_seconds: Annotated[float, Field(ge=0, le=60)] = 0.3
    wait_failure: Literal["ask_again", "fallback", "hang_up"] = "ask_again"
    # The next `enqueue_times` of <Enqueue> end at once with this QueueResult.
    enqueue_result: Literal["", "queue-full", "error", "system-error"] = ""
    enqueue_times: Annotated[int, Field(ge=0, le=10_000)] = 1


class Faults:
    """The plan in force."""

    def __init__(self) -> None:
        """Behave."""
        self.plan = FaultPlan()

    def take(self, where: str, *texts: str) -> Rule | None:
        """Return the first rule that strikes one of `texts`, counting it down."""
        for rule in self.plan.rules:
            if rule.where == where and rule.times > 0 and any(rule.match in t for t in texts):
                rule.times -= 1
                return rule
        return None

    def enqueue_result(self) -> str:
        """Return the forced result of the next `<Enqueue>`, counting it down."""
        if not self.plan.enqueue_result or self.plan.enqueue_times == 0:
            return ""
        self.plan.enqueue_times -= 1
        return self.plan.enqueue_result
