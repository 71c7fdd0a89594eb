"""One visitor's socket as a state machine: events in, effects out, no I/O, no clock.

    NEW ─hello→ ADMITTING ─admitted→ SUBSCRIBING ─watching→ RESUMING ─status→ LIVE → CLOSED

Resume is subscribe → read → flush: wakes that come while the lines are read
are remembered, not answered, so that no line can fall between reading and
listening. After that every wake leads to one read from the cursor; the wake
itself never carries data.

At most one append, one fetch and one status are under way at a time. So the
lines of a socket are stored in the order they were sent, and frames leave in
the order of their seq. When a line cannot be stored, the ones sent behind it
are given back too: storing them first would change the order.

`now` is in seconds of a clock that never jumps.
"""

from collections import deque
from collections.abc import Sequence
from enum import Enum, auto
from uuid import UUID

from chat import frames
from chat.centre import Line, Status, Stored, WakeKind
from chat.deadlines import Deadlines
from chat.effects import (
    Admit,
    Append,
    AskStatus,
    Close,
    Effect,
    Emit,
    Fetch,
    Probe,
    TellAlive,
    TellLeave,
    TellRead,
    TellTyping,
    Watch,
)
from chat.limits import Bucket, SessionLimits
from chat.protocol import InvalidFrame, parse
from config.errors import CentreError, Unavailable


class Phase(Enum):
    """Where the socket stands."""

    NEW = auto()
    ADMITTING = auto()
    SUBSCRIBING = auto()
    RESUMING = auto()
    LIVE = auto()
    CLOSED = auto()


_CHECKED = frozenset({Phase.RESUMING, Phase.LIVE})
_ADMITTED = _CHECKED | {Phase.SUBSCRIBING}


class Session:
    """The state of one socket. Every method returns the effects to carry out, in order."""

    def __init__(self, limits: SessionLimits, now: float) -> None:
        """Wait for hello from `now` on."""
        self._limits = limits
        self.phase = Phase.NEW
        self.cursor = 0
        self._deadlines = Deadlines(limits, now)
        self._frames = Bucket(limits.frames, now)
        self._sends = Bucket(limits.sends, now)
        self._waiting: deque[frames.Send] = deque()
        self._appending: UUID | None = None
        self._fetching = False
        self._fetch_again = False
        self._asking = False
        self._ask_again = False
        self._leave: frames.Leave | None = None
        self._shown: frames.State | None = None
        self._stopping = False

    # From the socket.

    def received(self, raw: str | bytes, now: float) -> list[Effect]:
        """Take one frame from the client."""
        if self.phase is Phase.CLOSED:
            return []
        if wait := self._frames.take(now):
            return self._fail("flood", frames.CLOSE_FLOOD, retry_after=wait)
        self._deadlines.heard(now)
        try:
            frame = parse(raw, self._limits.line_characters)
        except InvalidFrame as error:
            return self._invalid(error)
        if isinstance(frame, frames.Hello):
            return self._hello(frame)
        if self.phase is Phase.NEW:
            return self._fail("hello_first", frames.CLOSE_BAD_FRAME)
        return [*self._frame(frame, now), *self._sign_of_life(now)]

    def heard(self, now: float) -> list[Effect]:
        """Note a protocol pong: the browser lives though its page may be throttled."""
        if self.phase is Phase.CLOSED:
            return []
        self._deadlines.heard(now)
        return self._sign_of_life(now)

    # From the centre.

    def admitted(self) -> list[Effect]:
        """The token is good: subscribe before anything is read."""
        if self.phase is not Phase.ADMITTING:
            return []
        self.phase = Phase.SUBSCRIBING
        return [Watch()] if self._leave is None else [TellLeave(self._leave.quick)]

    def refused(self, error: CentreError) -> list[Effect]:
        """The token is wrong, or nobody could say."""
        if isinstance(error, Unavailable):
            retry_after = self._retry_after(error)
            return self._fail(error.code, frames.CLOSE_UNAVAILABLE, retry_after=retry_after)
        return self._fail(error.code, frames.CLOSE_NOT_SIGNED_IN)

    def watching(self, now: float) -> list[Effect]:
        """The subscription stands: what happens from now on is seen; read what happened before."""
        self._deadlines.blind = False
        return self._look(now)

    def blind(self, now: float) -> list[Effect]:
        """The subscription failed: go on by looking again each second."""
        self._deadlines.blind = True
        return self._look(now)

    def woken(self, kind: WakeKind, now: float) -> list[Effect]:
        """Something happened to the conversation."""
        if self.phase not in _CHECKED:
            return []
        match kind:
            case WakeKind.MESSAGE:
                return self._fetch()
            case WakeKind.STATE:
                return self._ask(now)
            case WakeKind.TYPING if self.phase is Phase.LIVE:
                return [Emit(frames.Typing())]
            case _:
                return []  # what the listener has read is not told to the visitor

    def status(self, status: Status, now: float) -> list[Effect]:
        """The status was read: tell what changed, and fetch what it says is there."""
        self._asking = False
        effects: list[Effect] = []
        if self.phase is Phase.CLOSED:
            return effects
        if self.phase is Phase.RESUMING:
            effects += self._resume(status)
        shown = frames.State(
            status.state,
            status.position,
            status.wait_seconds,
            status.queue,
            status.message,
            status.quick,
            status.says,
        )
        if shown != self._shown:
            self._shown = shown
            effects.append(Emit(shown))
        if self._ask_again:
            effects += self._ask(now)
        if status.head_seq > self.cursor or self._fetch_again:
            effects += self._fetch()
        return effects

    def no_status(self, now: float) -> list[Effect]:
        """The status could not be read; ask again soon."""
        self._asking = False
        self._ask_again = False
        self._deadlines.retry(now)
        return []

    def fetched(self, lines: Sequence[Line]) -> list[Effect]:
        """Lines were read, in order; whatever is not above the cursor is dropped."""
        self._fetching = False
        effects: list[Effect] = []
        if self.phase is not Phase.LIVE:
            return effects
        for line in lines:
            if line.seq > self.cursor:
                self.cursor = line.seq
                effects.append(Emit(message_of(line)))
        if self._fetch_again or len(lines) >= self._limits.page_lines:
            effects += self._fetch()
        return effects

    def not_fetched(self, now: float) -> list[Effect]:
        """Lines could not be read; try again soon from the same cursor."""
        self._fetching = False
        self._fetch_again = True
        self._deadlines.retry(now)
        return []

    def stored(self, cid: UUID, stored: Stored) -> list[Effect]:
        """The line is committed: tick it, and read it back without waiting for a wake."""
        self._appending = None
        if self.phase is Phase.CLOSED:
            return []
        effects: list[Effect] = [Emit(frames.Ack(cid, stored.seq, stored.at))]
        if self._stopping:
            return [*effects, *self.stop()]
        if stored.seq > self.cursor:
            effects += self._fetch()
        return [*effects, *self._next_append()]

    def not_stored(self, cid: UUID, error: CentreError, now: float) -> list[Effect]:
        """The line was refused; when a retry may help, the ones behind it go back as well."""
        self._appending = None
        if self.phase is Phase.CLOSED:
            return []
        effects = [self._refuse_line(cid, error)]
        if self._stopping:
            return [*effects, *self.stop()]
        if error.retryable:
            effects += [self._refuse_line(send.cid, error) for send in self._waiting]
            self._waiting.clear()
        elif error.code == "conversation_closed":
            effects += self._ask(now)
        return [*effects, *self._next_append()]

    def left(self) -> list[Effect]:
        """The visitor's leave is committed."""
        return self._close(frames.CLOSE_DONE, "left")

    def not_left(self, error: CentreError) -> list[Effect]:
        """The leave could not be committed: say so by name; the client leaves by HTTP."""
        retry_after = self._retry_after(error)
        return self._fail(error.code, frames.CLOSE_UNAVAILABLE, retry_after=retry_after)

    # From the gateway.

    def tick(self, now: float) -> list[Effect]:
        """Act on the deadlines that have passed."""
        if self.phase is Phase.CLOSED:
            return []
        if self.phase is Phase.NEW:
            if self._deadlines.hello_is_late(now):
                return self._fail("hello_first", frames.CLOSE_SILENT)
            return []
        if self._deadlines.is_silent(now):
            return self._fail("silent", frames.CLOSE_SILENT)
        effects: list[Effect] = [Probe()] if self._deadlines.takes_probe(now) else []
        if self.phase in _CHECKED and self._deadlines.check_is_due(now):
            self._deadlines.checked(now)
            if not self._asking:
                effects += self._ask(now)
        return effects

    def next_deadline(self) -> float:
        """Return when `tick` is next due."""
        return self._deadlines.next(
            said_hello=self.phase is not Phase.NEW, checks=self.phase in _CHECKED
        )

    def leaving(self, after_ms: int) -> list[Effect]:
        """Tell the client that this server goes; the socket works until it does."""
        return [] if self.phase is Phase.CLOSED else [Emit(frames.Reconnect(after_ms))]

    def replaced(self) -> list[Effect]:
        """Too many sockets of this conversation: the oldest gives way."""
        return self._fail("replaced", frames.CLOSE_REPLACED)

    def stop(self) -> list[Effect]:
        """Close because the server stops; a line being stored is acknowledged first."""
        self._stopping = True
        if self._appending is not None:
            return []
        return self._close(frames.CLOSE_GOING_AWAY, "going_away")

    def gone(self) -> None:
        """The socket is no more: whatever comes in later has no effect."""
        self.phase = Phase.CLOSED

    # Rules.

    def _hello(self, frame: frames.Hello) -> list[Effect]:
        if self.phase is not Phase.NEW:
            return self._fail("hello_twice", frames.CLOSE_BAD_FRAME)
        self.phase = Phase.ADMITTING
        self.cursor = frame.last_seq
        return [Admit(frame.token)]

    def _frame(self, frame: frames.ClientFrame, now: float) -> list[Effect]:
        match frame:
            case frames.Send():
                return self._send(frame, now)
            case frames.Leave():
                self._leave = frame  # said before the token was checked: kept until it is
                return [TellLeave(frame.quick)] if self.phase in _ADMITTED else []
            case frames.Ping():
                return [Emit(frames.Pong())]
            case frames.Read(seq=seq) if self.phase is Phase.LIVE:
                # No further than what was sent: nobody has seen what is not there.
                return [TellRead(min(seq, self.cursor))]
            case frames.Typing() if self.phase is Phase.LIVE:
                return [TellTyping()] if self._deadlines.takes_typing(now) else []
            case _:
                return []

    def _send(self, frame: frames.Send, now: float) -> list[Effect]:
        wait = self._sends.take(now)
        if not wait and len(self._waiting) >= self._limits.pending_sends:
            wait = self._limits.retry_seconds
        if wait:
            return [Emit(frames.Error("too_fast", retry_after=wait, cid=frame.cid))]
        self._waiting.append(frame)
        return self._next_append()

    def _next_append(self) -> list[Effect]:
        """Start the oldest waiting line, if none is under way and the client is up to date."""
        if self._appending is not None or not self._waiting or self.phase is not Phase.LIVE:
            return []
        send = self._waiting.popleft()
        self._appending = send.cid
        return [Append(send.cid, send.text)]

    def _look(self, now: float) -> list[Effect]:
        if self.phase is Phase.SUBSCRIBING:
            self.phase = Phase.RESUMING
        return self._ask(now) if self.phase in _CHECKED else []

    def _resume(self, status: Status) -> list[Effect]:
        self.phase = Phase.LIVE
        effects: list[Effect] = []
        if self.cursor > status.head_seq:
            self.cursor = 0
            effects.append(Emit(frames.Resync()))
        effects.append(
            Emit(frames.Ready(status.head_seq, status.state, status.position, status.says))
        )
        return [*effects, *self._next_append()]

    def _fetch(self) -> list[Effect]:
        if self._fetching or self.phase is not Phase.LIVE:
            self._fetch_again = True
            return []
        self._fetching = True
        self._fetch_again = False
        return [Fetch(self.cursor, self._limits.page_lines)]

    def _ask(self, now: float) -> list[Effect]:
        if self._asking:
            self._ask_again = True
            return []
        self._asking = True
        self._ask_again = False
        self._deadlines.checked(now)
        return [AskStatus()]

    def _sign_of_life(self, now: float) -> list[Effect]:
        if self.phase not in _ADMITTED or not self._deadlines.takes_alive(now):
            return []
        return [TellAlive()]

    def _invalid(self, error: InvalidFrame) -> list[Effect]:
        if not error.fatal:
            return [Emit(frames.Error(error.code, cid=error.cid))]
        too_large = error.code == "frame_too_large"
        code = frames.CLOSE_TOO_LARGE if too_large else frames.CLOSE_BAD_FRAME
        return self._fail(error.code, code, cid=error.cid)

    def _refuse_line(self, cid: UUID, error: CentreError) -> Effect:
        retry_after = self._retry_after(error) if error.retryable else None
        return Emit(frames.Error(error.code, retry_after=retry_after, cid=cid))

    def _retry_after(self, error: CentreError) -> float:
        return error.retry_after or self._limits.retry_seconds

    def _fail(
        self, name: str, code: int, *, retry_after: float | None = None, cid: UUID | None = None
    ) -> list[Effect]:
        if self.phase is Phase.CLOSED:
            return []
        error = frames.Error(name, retry_after=retry_after, cid=cid)
        return [Emit(error), *self._close(code, name)]

    def _close(self, code: int, reason: str) -> list[Effect]:
        if self.phase is Phase.CLOSED:
            return []
        self.phase = Phase.CLOSED
        self._waiting.clear()
        return [Close(code, reason)]


def message_of(line: Line) -> frames.Message:
    """Return the frame that shows a stored line."""
    return frames.Message(line.seq, line.cid, line.sender, line.text, line.at)
