"""chat.session: what one socket does, step by step, without a socket and without a clock."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from chat import frames
from chat.centre import Line, Status, Stored, WakeKind
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
from chat.limits import Rate, SessionLimits
from chat.session import Phase, Session
from config.errors import Conflict, NotSignedIn, Unavailable
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


# Hello and resume.


def test_resume_subscribes_then_reads_then_flushes() -> None:
    session = Session(LIMITS, 0.0)
    assert say(session, type="hello", token="t", last_seq=2) == [Admit("t")]
    assert session.admitted() == [Watch()]
    assert session.watching(0.0) == [AskStatus()]
    assert session.woken(WakeKind.MESSAGE, 0.0) == []  # remembered
    effects = session.status(standing(head=3), 0.0)
    assert shown(effects)[0] == frames.Ready(3, ContactState.WAITING, 1)
    assert effects[-1] == Fetch(2, LIMITS.page_lines)
    assert [f.seq for f in shown(session.fetched([line(3)])) if isinstance(f, frames.Message)] == [
        3
    ]
    assert session.phase is Phase.LIVE


def test_a_wake_during_the_read_leads_to_one_more_read() -> None:
    session = live(head=1)
    assert session.woken(WakeKind.MESSAGE, 0.0) == []
    assert session.woken(WakeKind.MESSAGE, 0.0) == []
    assert session.fetched([line(1)])[-1] == Fetch(1, LIMITS.page_lines)
    assert session.fetched([]) == []


def test_a_full_page_is_followed_by_the_next() -> None:
    limits = SessionLimits(page_lines=2)
    session = live(head=3, limits=limits)
    assert session.fetched([line(1), line(2)])[-1] == Fetch(2, 2)
    assert session.fetched([line(3)])[-1] == Emit(
        frames.Message(3, None, Sender.LISTENER, "line 3", AT)
    )


def test_a_line_is_shown_once_however_often_it_is_read() -> None:
    session = live(head=2)
    session.fetched([line(1), line(2)])
    session.woken(WakeKind.MESSAGE, 0.0)
    assert session.fetched([line(1), line(2)]) == []


def test_a_cursor_ahead_of_the_truth_is_set_back_and_everything_follows() -> None:
    session = Session(LIMITS, 0.0)
    say(session, type="hello", token="t", last_seq=9)
    session.admitted()
    session.watching(0.0)
    effects = session.status(standing(head=4), 0.0)
    assert shown(effects)[:2] == [frames.Resync(), frames.Ready(4, ContactState.WAITING, 1)]
    assert effects[-1] == Fetch(0, LIMITS.page_lines)


def test_a_wrong_token_is_named_and_closed() -> None:
    session = Session(LIMITS, 0.0)
    say(session, type="hello", token="wrong")
    assert closing(session.refused(NotSignedIn())) == ("not_signed_in", frames.CLOSE_NOT_SIGNED_IN)


def test_a_token_nobody_can_check_is_to_be_tried_again() -> None:
    session = Session(LIMITS, 0.0)
    say(session, type="hello", token="t")
    effects = session.refused(Unavailable(code="database_unavailable"))
    assert closing(effects) == ("database_unavailable", frames.CLOSE_UNAVAILABLE)
    assert shown(effects)[0] == frames.Error("database_unavailable", LIMITS.retry_seconds)


@pytest.mark.parametrize("kind", ["ping", "typing", "leave"])
def test_anything_before_hello_closes(kind: str) -> None:
    assert closing(say(Session(LIMITS, 0.0), type=kind)) == ("hello_first", frames.CLOSE_BAD_FRAME)


def test_a_second_hello_closes() -> None:
    assert closing(say(live(), type="hello", token="t")) == ("hello_twice", frames.CLOSE_BAD_FRAME)


def test_no_hello_in_time_closes() -> None:
    session = Session(LIMITS, 0.0)
    assert session.next_deadline() == LIMITS.hello_seconds
    assert session.tick(LIMITS.hello_seconds - 0.1) == []
    assert closing(session.tick(LIMITS.hello_seconds)) == ("hello_first", frames.CLOSE_SILENT)


# Lines.


def test_an_acknowledgement_comes_after_the_store_and_before_the_line_itself() -> None:
    session = live()
    assert send(session, A)[0] == Append(A, "text of 1")
    effects = session.stored(A, Stored(1, AT))
    assert effects == [Emit(frames.Ack(A, 1, AT)), Fetch(0, LIMITS.page_lines)]


def test_an_acknowledgement_does_not_move_the_cursor() -> None:
    session = live()
    send(session, A)
    session.stored(A, Stored(2, AT))
    assert session.cursor == 0
    effects = session.fetched([line(1), line(2, Sender.VISITOR)])
    assert [f.seq for f in shown(effects) if isinstance(f, frames.Message)] == [1, 2]


def test_lines_are_stored_one_after_the_other_in_the_order_sent() -> None:
    session = live()
    assert Append(A, "text of 1") in send(session, A)
    assert send(session, B) == []
    assert send(session, C) == []
    assert Append(B, "text of 2") in session.stored(A, Stored(1, AT))
    assert Append(C, "text of 3") in session.stored(B, Stored(2, AT))


def test_when_a_line_may_be_retried_those_behind_it_go_back_with_it() -> None:
    session = live()
    send(session, A)
    send(session, B)
    effects = session.not_stored(A, Unavailable(retry_after=3.0), 0.0)
    assert shown(effects) == [
        frames.Error("unavailable", 3.0, A),
        frames.Error("unavailable", 3.0, B),
    ]
    assert Append(A, "text of 1") in send(session, A)


def test_a_line_refused_for_good_lets_the_next_one_pass() -> None:
    session = live()
    send(session, A)
    send(session, B)
    effects = session.not_stored(A, Conflict(code="cid_reused"), 0.0)
    assert effects == [Emit(frames.Error("cid_reused", None, A)), Append(B, "text of 2")]


def test_a_closed_conversation_is_looked_at_again() -> None:
    session = live()
    send(session, A)
    assert AskStatus() in session.not_stored(A, Conflict(code="conversation_closed"), 0.0)


def test_lines_sent_before_ready_wait_for_it() -> None:
    session = Session(LIMITS, 0.0)
    say(session, type="hello", token="t")
    assert send(session, A) == []
    session.admitted()
    session.watching(0.0)
    assert Append(A, "text of 1") in session.status(standing(), 0.0)


def test_a_text_too_long_is_named_and_the_socket_goes_on() -> None:
    session = live()
    effects = say(session, type="send", cid=str(A), text="a" * 2001)
    assert effects == [Emit(frames.Error("text_too_long", None, A))]
    assert Append(B, "text of 2") in send(session, B)


# Limits.


def test_a_flood_of_frames_is_named_and_closed() -> None:
    session = live(limits=SessionLimits(frames=Rate(burst=5, per_second=1)))
    effects: list[Effect] = []
    for _ in range(10):
        effects += say(session, type="ping")
    assert closing(effects) == ("flood", frames.CLOSE_FLOOD)
    assert session.phase is Phase.CLOSED


def test_lines_too_fast_are_refused_one_by_one_and_the_socket_goes_on() -> None:
    session = live(limits=SessionLimits(sends=Rate(burst=1, per_second=0.5)))
    send(session, A)
    assert send(session, B) == [Emit(frames.Error("too_fast", 2.0, B))]
    assert session.phase is Phase.LIVE


def test_lines_waiting_to_be_stored_are_bounded() -> None:
    session = live(limits=SessionLimits(pending_sends=1))
    send(session, A)
    send(session, B)
    assert shown(send(session, C)) == [frames.Error("too_fast", LIMITS.retry_seconds, C)]


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        ("x", ("not_json", frames.CLOSE_BAD_FRAME)),
        ('{"type": "shout"}', ("unknown_type", frames.CLOSE_BAD_FRAME)),
        (b"\x00", ("not_text", frames.CLOSE_BAD_FRAME)),
        ("x" * 20_000, ("frame_too_large", frames.CLOSE_TOO_LARGE)),
    ],
)
def test_a_wrong_frame_is_named_and_closed(raw: str | bytes, named: tuple[str, int]) -> None:
    session = live()
    assert closing(session.received(raw, 0.0)) == named
    assert session.received('{"type": "ping"}', 0.0) == []


# Life and death.


def test_silence_is_death() -> None:
    session = live()
    assert isinstance(session.tick(20.0)[0], Probe)
    assert closing(session.tick(45.0)) == ("silent", frames.CLOSE_SILENT)


def test_the_browser_s_own_pong_is_life_though_its_page_sleeps() -> None:
    session = live()
    for now in range(21, 400, 21):
        assert Probe() in session.tick(float(now))
        assert TellAlive() in session.heard(now + 0.1)
    assert session.phase is Phase.LIVE


def test_signs_of_life_are_passed_on_but_not_all_of_them() -> None:
    session = live()
    assert say(session, 1.0, type="ping") == [Emit(frames.Pong())]
    assert say(session, 5.0, type="ping") == [Emit(frames.Pong()), TellAlive()]


def test_typing_is_passed_on_but_not_at_each_key() -> None:
    session = live()
    assert TellTyping() in say(session, 1.0, type="typing")
    assert TellTyping() not in say(session, 2.0, type="typing")
    assert TellTyping() in say(session, 3.0, type="typing")


def test_nobody_has_read_what_was_not_sent() -> None:
    session = live(head=2)
    session.fetched([line(1), line(2)])
    assert TellRead(2) in say(session, type="read", seq=99)


def test_the_truth_is_read_again_though_no_wake_comes() -> None:
    session = live()
    assert session.next_deadline() == LIMITS.recheck_seconds
    assert session.tick(LIMITS.recheck_seconds) == [AskStatus()]
    assert session.status(standing(head=1), 5.0) == [Fetch(0, LIMITS.page_lines)]


def test_without_wakes_the_truth_is_read_each_second() -> None:
    session = live()
    assert session.blind(0.0) == [AskStatus()]
    session.status(standing(), 0.0)
    assert session.next_deadline() == LIMITS.blind_recheck_seconds
    session.watching(1.0)
    session.status(standing(), 1.0)
    assert session.next_deadline() == 1.0 + LIMITS.recheck_seconds


def test_a_blind_start_resumes_all_the_same() -> None:
    session = Session(LIMITS, 0.0)
    say(session, type="hello", token="t")
    session.admitted()
    assert session.blind(0.0) == [AskStatus()]
    assert frames.Ready(0, ContactState.WAITING, 1) in shown(session.status(standing(), 0.0))


def test_a_failed_read_is_repeated_soon_from_the_same_cursor() -> None:
    session = live(head=1)
    assert session.not_fetched(1.0) == []
    assert session.next_deadline() == 1.0 + LIMITS.retry_seconds
    assert session.tick(2.0) == [AskStatus()]
    assert session.status(standing(head=1), 2.0)[-1] == Fetch(0, LIMITS.page_lines)


def test_a_failed_status_is_asked_again_soon() -> None:
    session = live()
    session.woken(WakeKind.STATE, 0.0)
    session.no_status(1.0)
    assert session.tick(2.0) == [AskStatus()]


def test_wakes_while_a_status_is_read_lead_to_one_more() -> None:
    session = live()
    assert session.woken(WakeKind.STATE, 0.0) == [AskStatus()]
    assert session.woken(WakeKind.STATE, 0.0) == []
    assert session.woken(WakeKind.STATE, 0.0) == []
    assert session.status(standing(position=2), 0.0) == [
        Emit(frames.State(ContactState.WAITING, 2, None)),
        AskStatus(),
    ]
    assert session.status(standing(position=2), 0.0) == []


def test_typing_of_the_listener_is_shown_and_her_reading_is_not() -> None:
    session = live()
    assert session.woken(WakeKind.TYPING, 0.0) == [Emit(frames.Typing())]
    assert session.woken(WakeKind.READ, 0.0) == []


# Leaving.


def test_leave_closes_once_it_is_committed() -> None:
    session = live()
    assert TellLeave(quick=True) in say(session, type="leave", quick=True)
    assert session.left() == [Close(frames.CLOSE_DONE, "left")]


def test_leave_right_behind_hello_is_not_lost() -> None:
    session = Session(LIMITS, 0.0)
    say(session, type="hello", token="t")
    assert say(session, type="leave", quick=True) == []
    assert session.admitted() == [TellLeave(quick=True)]


def test_a_leave_that_cannot_be_committed_is_named() -> None:
    session = live()
    say(session, type="leave")
    assert closing(session.not_left(Unavailable())) == ("unavailable", frames.CLOSE_UNAVAILABLE)


def test_a_stopping_server_acknowledges_the_line_it_is_storing_first() -> None:
    session = live()
    send(session, A)
    assert session.leaving(300) == [Emit(frames.Reconnect(300))]
    assert session.stop() == []
    assert session.stored(A, Stored(1, AT)) == [
        Emit(frames.Ack(A, 1, AT)),
        Close(frames.CLOSE_GOING_AWAY, "going_away"),
    ]


def test_a_stopping_server_names_the_line_it_could_not_store() -> None:
    session = live()
    send(session, A)
    session.stop()
    assert session.not_stored(A, Unavailable(retry_after=1.0), 0.0) == [
        Emit(frames.Error("unavailable", 1.0, A)),
        Close(frames.CLOSE_GOING_AWAY, "going_away"),
    ]


def test_an_idle_session_stops_at_once() -> None:
    assert live().stop() == [Close(frames.CLOSE_GOING_AWAY, "going_away")]


def test_one_socket_too_many_is_told_so() -> None:
    assert closing(live().replaced()) == ("replaced", frames.CLOSE_REPLACED)


def test_nothing_follows_a_close() -> None:
    session = live(head=1)
    send(session, A)
    session.gone()
    assert session.received('{"type": "ping"}', 0.0) == []
    assert session.heard(0.0) == []
    assert session.admitted() == []
    assert session.watching(0.0) == []
    assert session.woken(WakeKind.MESSAGE, 0.0) == []
    assert session.status(standing(head=2), 0.0) == []
    assert session.fetched([line(1)]) == []
    assert session.stored(A, Stored(1, AT)) == []
    assert session.not_stored(A, Unavailable(), 0.0) == []
    assert session.tick(1000.0) == []
    assert session.leaving(1) == []
    assert session.replaced() == []
    assert session.stop() == []
    assert session.left() == []


def test_typing_and_reading_before_ready_are_dropped() -> None:
    session = Session(LIMITS, 0.0)
    say(session, type="hello", token="t")
    assert say(session, type="typing") == []
    assert say(session, type="read", seq=1) == []


def test_a_status_overdue_is_not_asked_twice() -> None:
    session = live()
    assert session.tick(5.0) == [AskStatus()]
    assert session.tick(10.0) == []


def test_a_repeated_line_already_shown_is_ticked_without_another_read() -> None:
    session = live(head=1)
    session.fetched([line(1, Sender.VISITOR)])
    send(session, A)
    assert session.stored(A, Stored(1, AT)) == [Emit(frames.Ack(A, 1, AT))]
