"""chat.session: what one socket does, step by step, without a socket and without a clock."""

import pytest

from chat import frames
from chat.centre import Stored, WakeKind
from chat.effects import (
    Admit,
    Append,
    AskStatus,
    Effect,
    Emit,
    Fetch,
    Watch,
)
from chat.limits import Rate, SessionLimits
from chat.session import Phase, Session
from config.errors import Conflict, NotSignedIn, Unavailable
from config.vocabulary import ContactState, Sender
from tests.kit.chat_session import (
    AT,
    LIMITS,
    A,
    B,
    C,
    closing,
    line,
    live,
    say,
    send,
    shown,
    standing,
)

# Hello and resume.


def test_resume_subscribes_then_reads_then_flushes() -> None:
    session = Session(LIMITS, 0.0)
    assert say(session, type="hello", token="t", last_seq=2) == [Admit("t")]
    assert session.admitted() == [Watch()]
    assert session.watching(0.0) == [AskStatus()]
    assert session.woken(WakeKind.MESSAGE, 0.0) == []  # remembered
    effects = session.status(standing(head=3), 0.0)
    assert shown(effects)[0] == frames.Ready(3, ContactState.WAITING, 1, ("hold",))
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
    assert shown(effects)[:2] == [
        frames.Resync(),
        frames.Ready(4, ContactState.WAITING, 1, ("hold",)),
    ]
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


@pytest.mark.parametrize("text", ["\u200b\u2060", " \u3164", "a\x00b", "a\ud83d"])
def test_a_text_that_says_nothing_or_cannot_be_kept_is_named_and_the_socket_goes_on(
    text: str,
) -> None:
    session = live()
    assert say(session, type="send", cid=str(A), text=text) == [
        Emit(frames.Error("bad_field", None, A))
    ]
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
