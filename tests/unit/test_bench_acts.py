"""The benchmark `acts` counts what passes: a message read wrongly would be a figure believed."""

import pytest

from tests.bench.acts.cost import Figures, Goal, cost_of
from tests.kit.counting_proxy import (
    SSL_REQUEST,
    Connection,
    Frames,
    Passage,
    Passages,
    Statement,
    statement_of,
)

READ = "-- lock.now\n-- What it guarantees: no UPDATE of anything.\nSELECT now() FOR UPDATE OF x"
WRITTEN = (
    "-- contact.take\nWITH a AS (UPDATE contact SET x = 1) INSERT INTO contact_event VALUES (1)"
)


def framed(kind: bytes, body: bytes) -> bytes:
    return kind + (len(body) + 4).to_bytes(4) + body


def passage(*names: str, writes: bool = False) -> Passage:
    tables = frozenset({"contact"}) if writes else frozenset[str]()
    return Passage(0.0, [(Statement(name, tables),) for name in names])


def test_a_statement_is_known_by_its_name_and_by_what_it_may_write() -> None:
    assert statement_of(READ) == Statement("lock.now")
    assert statement_of(WRITTEN) == Statement(
        "contact.take", frozenset({"contact", "contact_event"})
    )
    assert statement_of("BEGIN;").name == "BEGIN"


def test_a_text_without_a_name_is_never_repeated() -> None:
    assert statement_of("SELECT 'Lou, 14 ans'") == Statement("(driver)")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_messages_are_whole_however_the_stream_is_cut(size: int) -> None:
    start_up = (196608).to_bytes(4) + b"user\0x\0\0"
    stream = (
        framed(b"", SSL_REQUEST.to_bytes(4))
        + framed(b"", start_up)
        + framed(b"Q", b"BEGIN;\0")
        + framed(b"S", b"")
    )
    frames = Frames(begins_bare=True)
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    read = [message for piece in pieces for message in frames.read(piece)]
    assert read == [
        (b"", SSL_REQUEST.to_bytes(4)),
        (b"", start_up),
        (b"Q", b"BEGIN;\0"),
        (b"S", b""),
    ]


def test_a_transaction_is_one_passage_and_many_rows_are_one_trip() -> None:
    passages = Passages()
    connection = Connection(passages)
    connection.answered(b"I", 0.0)  # the start-up is over
    connection.sent(b"Q", b"BEGIN;\0", 1.0)
    connection.answered(b"T", 1.1)
    connection.sent(b"P", b"s1\0" + WRITTEN.encode() + b"\0\0\0", 1.2)
    connection.sent(b"H", b"", 1.2)
    for _ in range(3):
        connection.sent(b"B", b"\0s1\0", 1.3)
        connection.sent(b"E", b"\0\0\0\0\0", 1.3)
    connection.sent(b"S", b"", 1.3)
    connection.answered(b"T", 1.4)
    connection.sent(b"Q", b"COMMIT;\0", 1.5)
    assert passages.under_way == 1
    connection.answered(b"I", 1.6)
    assert passages.under_way == 0
    assert passages.prepared == 1
    (whole,) = passages.all
    assert [len(trip) for trip in whole.trips] == [1, 3, 1]
    assert whole.names == ("BEGIN", "contact.take", "contact.take", "contact.take", "COMMIT")
    assert whole.writes == {"contact", "contact_event"}
    assert whole.over_at == 1.6


def test_what_runs_outside_of_a_transaction_is_a_passage_each_time() -> None:
    passages = Passages()
    connection = Connection(passages)
    connection.sent(b"P", b"s1\0" + READ.encode() + b"\0\0\0", 1.0)
    for at in (1.0, 2.0):
        connection.sent(b"B", b"\0s1\0", at)
        connection.sent(b"E", b"\0\0\0\0\0", at)
        connection.sent(b"S", b"", at)
        connection.answered(b"I", at)
    assert [each.names for each in passages.all] == [("lock.now",), ("lock.now",)]


def test_a_lost_connection_leaves_nothing_under_way() -> None:
    passages = Passages()
    connection = Connection(passages)
    connection.sent(b"Q", b"BEGIN;\0", 1.0)
    connection.lost(2.0)
    connection.lost(3.0)
    assert passages.under_way == 0
    assert passages.all[0].over_at == 2.0


def test_the_cost_of_an_act_is_its_lowest_and_says_what_passed() -> None:
    act = [passage("BEGIN", "contact.take", "COMMIT", writes=True), passage("contact.get")]
    cost = cost_of([[*act, passage("session.get")], act])
    assert cost.figures == Figures(
        round_trips=4, transactions=2, statements=4, writing_transactions=1
    )
    assert cost.detail == ("BEGIN contact.take COMMIT", "contact.get")
    assert cost.seen == (5, 4)


def test_a_cost_is_within_what_no_figure_is_above() -> None:
    cost = cost_of([[passage("BEGIN", "contact.take", "COMMIT", writes=True)]])
    assert cost.is_within(Goal(round_trips=3, writing_transactions=1))
    assert not cost.is_within(Goal(round_trips=3, writing_transactions=0))
    assert not cost.is_within(Figures(2, 1, 3, 1))
