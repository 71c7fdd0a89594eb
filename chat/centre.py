"""What the chat asks of the rest of the service.

The visitor's side knows nothing of queues, listeners, databases or Redis: it
speaks to a `Centre`. Two classes answer to it: the real one, wired in
contactcenter, and the small one in memory that the tests and the widget's
own development use. Both pass the same contract test.

Every method may raise `Unavailable`; nothing is then promised to have
happened, and the caller may try again with the same arguments.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from config.helpline.telling import Standing, told
from config.vocabulary import Audience, Channel, ContactState, QueueStateKind, Sender


@dataclass(frozen=True, slots=True)
class Opening:
    """What a visitor says before writing; nothing of it is required.

    `line` names the door, the helpline's main one when empty. `answers` are to the opening questions, by id; one left out is « not
    known », never « no ». `need` is a skill without which nobody can answer.
    `language` is a tag or an Accept-Language header; who names no language of
    the line is spoken to in its first one.
    """

    audience: Audience = Audience.UNKNOWN
    department: str | None = None  # a code such as "2A", never a number
    language: str = ""
    answers: Mapping[str, bool] = field(default_factory=dict)
    need: str | None = None
    line: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation that is committed and waiting. The token is shown this once."""

    conversation_id: UUID
    token: str = field(repr=False)
    head_seq: int


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever holds a conversation's token."""

    contact_id: UUID


@dataclass(frozen=True, slots=True)
class Status:
    """Where a conversation stands, as the visitor may know it.

    `position` (1 = next) and `wait_seconds` are given only while waiting and
    only when known: an unknown wait is None, never a guess. `queue` tells
    whether the queue they wait in answers, and `message` what a supervisor
    has to say to everybody who waits there; None once they no longer wait.
    Not `heard`: who is there is not known, and nothing is said of it.
    `head_seq` is the last line the visitor may read; `open` tells whether one
    may still write; `quick`, once it is over, that its page was fled: every
    other tab that shows it leaves as well.
    """

    state: ContactState
    position: int | None
    wait_seconds: int | None
    head_seq: int
    open: bool
    queue: QueueStateKind | None = None
    message: str | None = None
    quick: bool = False
    heard: bool = True

    @property
    def says(self) -> tuple[str, ...]:
        """Return the names of the texts that say where it stands: config.helpline.telling."""
        standing = Standing(
            Channel.CHAT,
            self.state,
            self.queue if self.heard else None,
            position=self.position,
            wait_seconds=self.wait_seconds,
        )
        return told(standing)


@dataclass(frozen=True, slots=True)
class Stored:
    """A line that survives the death of anything: what an acknowledgement says."""

    seq: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One stored line of a conversation."""

    seq: int
    cid: UUID | None
    sender: Sender
    text: str = field(repr=False)
    at: datetime


class WakeKind(StrEnum):
    """Why to look again. A wake carries no data: the centre is read."""

    MESSAGE = "message"
    STATE = "state"
    TYPING = "typing"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Wake:
    """Something happened to a conversation."""

    kind: WakeKind


@dataclass(frozen=True, slots=True)
class EmergencyNumber:
    """A number that answers when we do not; always on the page."""

    number: str
    label: str
    note: str = ""
    text_message: bool = False  # reached by text message, for who cannot speak


@dataclass(frozen=True, slots=True)
class Department:
    """A département as offered in the page's list."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Help:
    """What a yes to an opening question is answered with, before anybody joins."""

    text: str
    numbers: tuple[EmergencyNumber, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """An opening question; `is_danger`: a yes is an immediate danger, which is never refused.

    `help` names the text that a yes is answered with at once, and the numbers
    shown with it.
    """

    id: str
    label: str
    label_adult: str | None
    audiences: tuple[Audience, ...]
    is_danger: bool
    help: Help | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """What only some listeners can do, as a visitor may ask for it."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Answering:
    """Whether who comes in so would be answered now.

    `reopens_at` is given while closed, when a reopening is planned.
    `message` is what a supervisor has to say to everybody. Not `heard`: who
    is there is not known.
    """

    state: QueueStateKind
    reopens_at: datetime | None = None
    message: str | None = None
    heard: bool = True

    @property
    def says(self) -> tuple[str, ...]:
        """Return the names of the texts at the door: a title, and what follows it if anything."""
        queue = self.state if self.heard else None
        return told(Standing(Channel.CHAT, None, queue, reopens=self.reopens_at is not None))


@dataclass(frozen=True, slots=True)
class Openings:
    """What the page shows before anything is written.

    `texts` are the helpline's own words for the page, unfilled, with their
    variants by audience: those named in `HELPLINE_TEXTS`, at least.
    `answering` has every audience: each may lead to another queue.
    """

    language: str
    languages: tuple[str, ...]
    answering: Mapping[Audience, Answering]
    timezone: str
    emergency: tuple[EmergencyNumber, ...]
    departments: tuple[Department, ...]
    texts: Mapping[str, str]
    questions: tuple[Question, ...] = ()
    needs: tuple[Need, ...] = ()
    message_max_chars: int = 2000  # of a line of text, the same for both sides
    line: str = ""  # whose door this is; empty for the helpline's main one


@dataclass(frozen=True, slots=True)
class Door:
    """One way in: a line, a channel, an audience; the queue it leads to and its state."""

    line: str
    line_name: str
    channel: Channel
    audience: Audience
    queue: str
    queue_label: str
    answering: Answering


@dataclass(frozen=True, slots=True)
class Doors:
    """Every way in as the public may know it, in one language."""

    language: str
    timezone: str
    at: datetime
    doors: tuple[Door, ...]


# The keys of `Openings.texts`: the helpline's `chat.…` texts without that
# prefix. Those that speak to somebody may have variants by audience
# (`welcome_professional`, `welcome_adult`); without one, « tu » is said.
HELPLINE_TEXTS = frozenset(
    {
        "title",
        "exit",
        "exit_hint",
        "emergency",
        "welcome",
        "trust",
        "wait",
        "wait_minutes",
        "position",
        "joined",
        "end",
        "closed",
        "full",
        "unstaffed",
        "hold",
        "wait_closed",
        "unavailable",
    }
)


class Centre(Protocol):
    """The service behind the chat."""

    async def open_conversation(self, opening: Opening) -> Opened:
        """Take a visitor in: committed and waiting before this returns.

        Raises TooMuch (the service takes no more for now), Conflict
        `chat_closed` (closed by hours or by a supervisor) or `chat_full` (as
        many wait as can be answered), InvalidInput (an unknown line, département,
        language, question or need), Unavailable. Nobody who says that they
        are in immediate danger is refused for being closed or full.
        """
        ...

    async def admit(self, conversation_id: UUID, token: str) -> Visitor:
        """Return the holder of the token; NotSignedIn if it is not this conversation's."""
        ...

    async def admit_token(self, token: str) -> Visitor:
        """Return the holder of the token, whichever its conversation; NotSignedIn if unknown."""
        ...

    async def status(self, contact_id: UUID) -> Status:
        """Return where the conversation stands now."""
        ...

    async def append(self, contact_id: UUID, cid: UUID, text: str) -> Stored:
        """Store a visitor's line and return once it is committed.

        The same `cid` and text again return the first answer: safe to repeat.
        Raises Conflict `cid_reused` (same cid, other text), Conflict
        `conversation_closed`, TooMuch, Unavailable.
        """
        ...

    async def after(self, contact_id: UUID, seq: int, limit: int) -> list[Line]:
        """Return at most `limit` lines the visitor may read, after `seq`, in order."""
        ...

    async def connected(self, contact_id: UUID) -> None:
        """Note one more socket. Each call is followed by exactly one `disconnected`.

        A conversation may have several sockets at once (two tabs, or a dead
        one not yet noticed), so the centre counts them.
        """
        ...

    async def disconnected(self, contact_id: UUID) -> None:
        """Note one socket fewer."""
        ...

    async def alive(self, contact_id: UUID) -> None:
        """Note a sign of life, by socket or by polling; called often, cheap to call.

        A visitor who polls has no socket and is there all the same.
        """
        ...

    async def leave(self, contact_id: UUID, *, quick: bool) -> None:
        """End the conversation at the visitor's wish; a second call changes nothing."""
        ...

    async def read(self, contact_id: UUID, seq: int) -> None:
        """Note that the visitor has seen the lines up to `seq`."""
        ...

    async def typing(self, contact_id: UUID) -> None:
        """Note that the visitor is writing."""
        ...

    def watch(self, contact_id: UUID) -> AbstractAsyncContextManager[AsyncIterator[Wake]]:
        """Subscribe: whatever happens after entering yields a wake.

        A wake may come twice or be lost (the reader looks again by itself
        every few seconds); it must only never wait for long. When the source
        of wakes fails, the iterator raises Unavailable or ends.
        """
        ...

    def openings(self, language: str, line: str = "") -> Openings:
        """Return what the page of a line shows, in the best language for who wants `language`.

        A tag or an Accept-Language header; else the line's first one. The helpline's main
        line for a line it does not have: whoever followed a wrong address is let in. No
        engine is asked: this answers when nothing else does.
        """
        ...

    def doors(self, language: str) -> Doors:
        """Return which ways in are answered now, calls too; no engine is asked."""
        ...
