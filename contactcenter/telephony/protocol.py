"""What the centre asks of a telephone network, in the helpline's own words.

Two things are answered by it: the Twilio adapter, and, behind the same REST
wire, the emulator. Callers expect « the call just left » at every step, so it
is a value or a `CallGone`, never a surprise.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from config.errors import Conflict


class CallGone(Conflict):
    """The call is no longer in progress: whoever was on it has hung up."""

    code = "call_gone"


class CallState(StrEnum):
    """Where a leg stands, as far as our decisions need it."""

    RINGING = "ringing"
    IN_PROGRESS = "in_progress"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Leg:
    """One participant of a conference: a listener's telephone or the caller's.

    `conference_sid` is None where only the call itself could be seen. `queue_ms`:
    how long it waits, from its placing on, until the account may place it.
    """

    call_sid: str
    conference_sid: str | None
    label: str
    state: CallState
    queue_ms: int = 0


@dataclass(frozen=True, slots=True)
class LegRequest:
    """The call of a listener into a conference.

    `label` is unique to the attempt: the network has no idempotency key, so a
    retry first reads back whether a leg of that label is already there.
    """

    conference_name: str
    identity: str
    offer_id: UUID
    label: str
    ring_seconds: int = 10


@dataclass(frozen=True, slots=True)
class LegSought:
    """What is known of a leg that is looked for, after an answer was lost.

    `conference_sid` is exact and at once; a conference's name leads to it only
    by a list, which lags. `identity` is whom the leg rings, if it rings anybody:
    where no list of conferences shows it, the list of calls may.
    """

    conference_name: str
    label: str
    conference_sid: str | None = None
    identity: str = ""


class Telephony(Protocol):
    """The acts on calls that the helpline needs.

    Every method raises `Unavailable` when the network did not answer within its
    time-out or asks to slow down, and `OutcomeUnknown` when a call may have been placed.
    """

    async def call_listener(self, request: LegRequest) -> Leg:
        """Ring the listener's telephone into the conference; raise CallGone if it is over.

        Raises OutcomeUnknown when a leg of that label is there already, placed
        by a request whose answer was lost.
        """
        ...

    async def leg(self, sought: LegSought) -> Leg | None:
        """Return the leg of that label, ringing or in progress, if it can be seen yet."""
        ...

    async def bring_caller(self, call_sid: str, engagement_id: UUID) -> None:
        """Redirect a parked caller into the engagement's conference; raise CallGone if they left."""
        ...

    async def end_call(self, call_sid: str) -> None:
        """Hang up a leg; one that is already gone is as good."""
        ...

    async def call_state(self, call_sid: str) -> CallState:
        """Return where a leg stands; unknown calls have ended."""
        ...

    async def calls_in_progress(self) -> tuple[str, ...]:
        """Return the sids of the calls in progress on our account, 1,000 at most."""
        ...
