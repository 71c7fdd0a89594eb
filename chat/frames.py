"""The frames of the visitor's socket, as values. What they mean: docs/chat-protocol.md."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from config.vocabulary import ContactState, QueueStateKind, Sender

# Close codes: 4000–4999 are the application's own (RFC 6455, 7.4.2).
CLOSE_DONE = 1000
CLOSE_GOING_AWAY = 1012
CLOSE_TOO_LARGE = 1009
CLOSE_BAD_FRAME = 4400
CLOSE_NOT_SIGNED_IN = 4401
CLOSE_SILENT = 4408
CLOSE_REPLACED = 4409
CLOSE_FLOOD = 4429
CLOSE_UNAVAILABLE = 4503


# What a client sends.


@dataclass(frozen=True, slots=True)
class Hello:
    """First frame: who, and the last line already shown."""

    token: str = field(repr=False)
    last_seq: int = 0


@dataclass(frozen=True, slots=True)
class Send:
    """One line to store; `cid` is the client's, for ever the same for that line."""

    cid: UUID
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Typing:
    """The visitor is writing (from a client), or the listener is (from us)."""


@dataclass(frozen=True, slots=True)
class Read:
    """The visitor has seen the lines up to `seq`."""

    seq: int


@dataclass(frozen=True, slots=True)
class Ping:
    """A sign of life that asks for a `pong`."""


@dataclass(frozen=True, slots=True)
class Leave:
    """End the conversation now; `quick` when the page is being fled."""

    quick: bool = False


ClientFrame = Hello | Send | Typing | Read | Ping | Leave


# What we send.


@dataclass(frozen=True, slots=True)
class Ready:
    """Answer to hello; the lines after `last_seq` follow."""

    head_seq: int
    state: ContactState
    position: int | None
    says: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One stored line, whoever wrote it. Only this moves the client's cursor."""

    seq: int
    cid: UUID | None
    sender: Sender
    text: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class Ack:
    """The line is stored: it may be ticked. It does not move the cursor."""

    cid: UUID
    seq: int
    at: datetime


@dataclass(frozen=True, slots=True)
class State:
    """Where the conversation stands; sent when it changed.

    `queue`, `message`: while waiting. `quick`: it is over, by a quick exit.
    `says` names the texts that say where it stands, to be shown together.
    """

    state: ContactState
    position: int | None
    wait_seconds: int | None
    queue: QueueStateKind | None = None
    message: str | None = None
    quick: bool = False
    says: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pong:
    """Answer to ping."""


@dataclass(frozen=True, slots=True)
class Error:
    """A refusal by name; with `cid` it concerns that line only."""

    code: str
    retry_after: float | None = None
    cid: UUID | None = None


@dataclass(frozen=True, slots=True)
class Reconnect:
    """This server is leaving: connect anew after that long."""

    after_ms: int


@dataclass(frozen=True, slots=True)
class Resync:
    """The client's cursor is ahead of the truth: forget all lines; they follow from 1."""


ServerFrame = Ready | Message | Ack | State | Typing | Pong | Error | Reconnect | Resync
