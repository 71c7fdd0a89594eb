"""A session driven by hand: what tests of it say to it and read from it."""

import json
from datetime import UTC, datetime
from uuid import UUID

from chat import frames
from chat.centre import Line, Status
from chat.effects import (
    Close,
    Effect,
    Emit,
)
from chat.limits import SessionLimits
from chat.session import Session
from config.vocabulary import ContactState, Sender

AT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LIMITS = SessionLimits()
A, B, C = (UUID(int=n, version=4) for n in (1, 2, 3))


def line(seq: int, sender: Sender = Sender.LISTENER) -> Line:
    return Line(seq, None, sender, f"line {seq}", AT)


def standing(
    head: int = 0, state: ContactState = ContactState.WAITING, position: int | None = 1
) -> Status:
    return Status(state, position, None, head, open=state is not ContactState.CLOSED)


def say(session: Session, now: float = 0.0, **document: object) -> list[Effect]:
    return session.received(json.dumps(document), now)


def send(session: Session, cid: UUID, now: float = 0.0) -> list[Effect]:
    return say(session, now, type="send", cid=str(cid), text=f"text of {cid.node}")


def live(head: int = 0, last_seq: int = 0, limits: SessionLimits = LIMITS) -> Session:
    """A session past its hello; with lines to read, its first fetch is under way."""
    session = Session(limits, 0.0)
    say(session, type="hello", token="t", last_seq=last_seq)
    session.admitted()
    session.watching(0.0)
    session.status(standing(head), 0.0)
    say(session, type="ping")  # the first sign of life is passed on
    return session


def shown(effects: list[Effect]) -> list[frames.ServerFrame]:
    return [effect.frame for effect in effects if isinstance(effect, Emit)]


def closing(effects: list[Effect]) -> tuple[str, int]:
    """The named error and the code of a session that ends."""
    error, close = effects[-2:]
    assert isinstance(error, Emit)
    assert isinstance(error.frame, frames.Error)
    assert isinstance(close, Close)
    return error.frame.code, close.code
