"""What a session asks its shell to carry out, as values."""

from dataclasses import dataclass, field
from uuid import UUID

from chat.frames import ServerFrame


@dataclass(frozen=True, slots=True)
class Emit:
    """Send this frame."""

    frame: ServerFrame


@dataclass(frozen=True, slots=True)
class Admit:
    """Ask whose token this is; answer with `admitted` or `refused`."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Watch:
    """Subscribe; answer with `watching`, later `woken`, or `blind` when it fails."""


@dataclass(frozen=True, slots=True)
class Append:
    """Store this line; answer with `stored` or `not_stored`."""

    cid: UUID
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fetch:
    """Read lines after `seq`; answer with `fetched` or `not_fetched`."""

    seq: int
    limit: int


@dataclass(frozen=True, slots=True)
class AskStatus:
    """Read the status; answer with `status` or `no_status`."""


@dataclass(frozen=True, slots=True)
class TellTyping:
    """Pass on that the visitor is writing."""


@dataclass(frozen=True, slots=True)
class TellRead:
    """Pass on what the visitor has seen."""

    seq: int


@dataclass(frozen=True, slots=True)
class TellAlive:
    """Pass on a sign of life."""


@dataclass(frozen=True, slots=True)
class TellLeave:
    """End the conversation; answer with `left`."""

    quick: bool


@dataclass(frozen=True, slots=True)
class Probe:
    """Send a protocol ping; answer with `heard` when its pong comes."""


@dataclass(frozen=True, slots=True)
class Close:
    """Send what is queued, then close with this code; nothing follows."""

    code: int
    reason: str


Effect = (
    Emit
    | Admit
    | Watch
    | Append
    | Fetch
    | AskStatus
    | TellTyping
    | TellRead
    | TellAlive
    | TellLeave
    | Probe
    | Close
)
