"""A session's life and end: silence, wakes, leaving, stopping."""

from chat import frames
from chat.centre import Stored, WakeKind
from chat.effects import (
    AskStatus,
    Close,
    Emit,
    Fetch,
    Probe,
    TellAlive,
    TellLeave,
    TellRead,
    TellTyping,
)
from chat.session import Phase, Session
from config.errors import Unavailable
from config.vocabulary import ContactState, Sender
from tests.kit.chat_session import AT, LIMITS, A, closing, line, live, say, send, shown, standing

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
    assert frames.Ready(0, ContactState.WAITING, 1, ("hold",)) in shown(
        session.status(standing(), 0.0)
    )


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
        Emit(frames.State(ContactState.WAITING, 2, None, says=("hold",))),
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
