"""Whatever fails in between, a client that resends sees each line once and in order."""

import contextlib
import json
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from chat import frames
from chat.centre import Line, Status, Stored, WakeKind
from chat.effects import Append, AskStatus, Effect, Emit, Fetch
from chat.limits import Rate, SessionLimits
from chat.protocol import InvalidFrame, parse
from chat.session import Phase, Session
from config.errors import Unavailable
from config.vocabulary import ContactState, Sender
from tests.unit.chat.test_chat_protocol import CLIENT

AT = datetime(2026, 5, 4, tzinfo=UTC)
PLENTY = Rate(burst=100_000, per_second=1000)
LIMITS = SessionLimits(page_lines=3, frames=PLENTY, sends=PLENTY)
LINES = 6


class World:
    """A store, a session and a client; the steps say which of them goes on, and what fails."""

    def __init__(self) -> None:
        self.stored: list[UUID | None] = []  # the store: None is a listener's line
        self.outbox = [UUID(int=n + 1, version=4) for n in range(LINES)]
        self.seen: list[int] = []
        self.cursor = 0
        self.sent: UUID | None = None
        self.hello()

    def hello(self) -> None:
        self.session = Session(LIMITS, 0.0)
        self.open: list[Effect] = []
        self.sent = None
        hello = {"type": "hello", "token": "t", "last_seq": self.cursor}
        self.session.received(json.dumps(hello), 0.0)
        self.session.admitted()
        self.take(self.session.watching(0.0))

    def take(self, effects: list[Effect]) -> None:
        """The client reads frames at once; what was asked of the centre stays open."""
        for effect in effects:
            if isinstance(effect, Append | Fetch | AskStatus):
                self.open.append(effect)
            elif isinstance(effect, Emit):
                self.read(effect.frame)

    def read(self, frame: frames.ServerFrame) -> None:
        match frame:
            case frames.Message(seq=seq):
                assert seq == self.cursor + 1
                self.cursor = seq
                self.seen.append(seq)
            case frames.Ack(cid=cid, seq=seq):
                assert self.stored[seq - 1] == cid
                assert self.outbox[0] == cid
                self.outbox.pop(0)
                self.sent = None
            case frames.Error(cid=cid) if cid is not None:
                self.sent = None
            case _:
                pass

    def send(self) -> None:
        if self.outbox and self.sent is None and self.session.phase is Phase.LIVE:
            self.sent = self.outbox[0]
            frame = {"type": "send", "cid": str(self.sent), "text": "x"}
            self.take(self.session.received(json.dumps(frame), 0.0))

    def listener_says(self, wake: bool) -> None:
        self.stored.append(None)
        if wake:
            self.take(self.session.woken(WakeKind.MESSAGE, 0.0))

    def answer(self, fails: bool) -> None:
        """The centre answers what was asked longest ago, or fails to."""
        if not self.open:
            return
        effect = self.open.pop(0)
        session = self.session
        if isinstance(effect, AskStatus):
            status = Status(ContactState.ACTIVE, None, None, len(self.stored), open=True)
            self.take(session.no_status(0.0) if fails else session.status(status, 0.0))
        elif isinstance(effect, Fetch):
            lines = [
                Line(n + 1, cid, Sender.VISITOR if cid else Sender.LISTENER, "x", AT)
                for n, cid in enumerate(self.stored)
            ][effect.seq : effect.seq + effect.limit]
            self.take(session.not_fetched(0.0) if fails else session.fetched(lines))
        elif isinstance(effect, Append):
            if effect.cid not in self.stored:
                self.stored.append(effect.cid)
            stored = Stored(self.stored.index(effect.cid) + 1, AT)
            if fails:  # stored, and the answer lost
                self.take(session.not_stored(effect.cid, Unavailable(), 0.0))
            else:
                self.take(session.stored(effect.cid, stored))


STEPS = st.lists(
    st.sampled_from(["send", "listener", "silent listener", "answer", "fail", "cut", "tick"]),
    max_size=80,
)


@settings(max_examples=300, deadline=None)
@given(steps=STEPS)
def test_no_line_is_lost_doubled_or_moved_whatever_fails(steps: list[str]) -> None:
    world = World()
    now = 0.0
    for step in steps:
        match step:
            case "send":
                world.send()
            case "listener":
                world.listener_says(wake=True)
            case "silent listener":
                world.listener_says(wake=False)
            case "answer":
                world.answer(fails=False)
            case "fail":
                world.answer(fails=True)
            case "cut":
                world.hello()
            case _:
                now += 1
                world.session.heard(now)
                world.take(world.session.tick(now))
    for _ in range(200):  # the weather clears
        now += 5
        world.send()
        world.answer(fails=False)
        world.session.heard(now)
        world.take(world.session.tick(now))
    assert world.outbox == []
    assert world.seen == list(range(1, len(world.stored) + 1))
    own = [cid for cid in world.stored if cid]
    assert own == [UUID(int=n + 1, version=4) for n in range(LINES)]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
FRAMES = st.fixed_dictionaries(
    {"type": st.sampled_from(["hello", "send", "typing", "read", "ping", "leave", "x"]) | JSON},
    optional={
        "token": st.text(max_size=5) | JSON,
        "last_seq": st.integers(-1, 5) | JSON,
        "cid": st.uuids().map(str) | JSON,
        "text": st.text(max_size=5) | JSON,
        "seq": st.integers(-1, 5) | JSON,
        "quick": st.booleans() | JSON,
    },
)


@settings(max_examples=400, deadline=None)
@given(document=FRAMES)
def test_what_is_taken_in_is_what_the_schema_allows(document: dict[str, object]) -> None:
    try:
        parse(json.dumps(document))
    except InvalidFrame as error:
        taken = False
        # Stricter than a schema can say: what no store keeps, and blanks that JSON's \s lacks.
        text = document.get("text")
        stricter = error.field == "text" and isinstance(text, str)
    else:
        taken, stricter = True, False
    allowed = CLIENT.is_valid(document)
    # JSON Schema counts 1.0 as an integer; a client that writes it is refused here.
    floats = any(isinstance(value, float) for value in document.values())
    assert taken == allowed or stricter or floats


@given(raw=st.text(max_size=200) | st.binary(max_size=50))
def test_no_frame_whatsoever_breaks_the_parser(raw: str | bytes) -> None:
    with contextlib.suppress(InvalidFrame):
        parse(raw)
