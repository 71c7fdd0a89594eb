"""The service, killed at a named point: `python -m tests.kit.dying_service POINT serve …`.

A point is `<act>:before` or `<act>:after`. The act's method is wrapped before
the service starts; the first time it is reached the process kills itself as the
kernel would: no last word, no clean-up. The product knows nothing of it.
"""

import functools
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from config.vocabulary import EngagementStep
from contactcenter.cli.command import main
from contactcenter.telephony.twilio_adapter import TwilioTelephony
from records.contacts.contacts import Contacts
from records.engagements.engagements import Engagements
from routing.router import Router


def _always(_args: tuple[Any, ...], _result: object) -> bool:
    return True


def _to(step: EngagementStep) -> Callable[[tuple[Any, ...], object], bool]:
    return lambda args, _result: args[3] is step  # self, engagement, from, to


def _found_some(_args: tuple[Any, ...], result: object) -> bool:
    return bool(result)


@dataclass(frozen=True)
class Act:
    """A method of the accept order, and which of its calls are meant."""

    owner: type
    method: str
    is_meant: Callable[[tuple[Any, ...], object], bool] = _always


# In the order in which an accepted call goes through them.
ACTS: Mapping[str, Act] = {
    "reserve": Act(Router, "accept"),
    "commit": Act(Contacts, "accept"),
    "confirm": Act(Router, "confirm"),
    "claim": Act(Engagements, "due_steps", _found_some),
    "ring": Act(TwilioTelephony, "call_listener"),
    "note_ringing": Act(Engagements, "advance", _to(EngagementStep.LISTENER_RINGING)),
    "note_answered": Act(Engagements, "advance", _to(EngagementStep.BRING_CALLER)),
    "bring": Act(TwilioTelephony, "bring_caller"),
    "note_brought": Act(Engagements, "advance", _to(EngagementStep.CALLER_JOINING)),
    "connect": Act(Engagements, "connected"),
}


def die() -> None:
    """End at once, as by `kill -9`."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str) -> None:
    """Wrap the act so that the process dies at that point."""
    name, _, when = point.partition(":")
    act = ACTS[name]
    original: Callable[..., Awaitable[Any]] = getattr(act.owner, act.method)

    @functools.wraps(original)
    async def deadly(*args: Any, **more: Any) -> Any:
        if when == "before" and act.is_meant(args, None):
            die()
        result = await original(*args, **more)
        if act.is_meant(args, result):
            die()
        return result

    setattr(act.owner, act.method, deadly)


if __name__ == "__main__":
    arm(sys.argv.pop(1))
    main()
