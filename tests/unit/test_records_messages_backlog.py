"""The lines that wait for a batch: limits, turns, order, lateness."""

from uuid import UUID

import pytest

from config.errors import TooMuch
from records.messages.backlog import Backlog, Entry, Limits

A, B = UUID(int=1), UUID(int=2)


def entry(contact_id=A, item="x", since=0.0):
    return Entry(contact_id, item, since)


def items(entries):
    return [each.item for each in entries]


def test_the_queue_is_bounded():
    backlog = Backlog(Limits(waiting=2))
    backlog.add(entry(A))
    backlog.add(entry(B))
    with pytest.raises(TooMuch) as refusal:
        backlog.add(entry(UUID(int=3)))
    assert refusal.value.code == "messages_queue_full"
    assert refusal.value.retry_after == 1
    assert len(backlog) == 2


def test_one_conversation_cannot_fill_the_queue():
    backlog = Backlog(Limits(waiting_per_conversation=1))
    backlog.add(entry(A))
    with pytest.raises(TooMuch) as refusal:
        backlog.add(entry(A))
    assert refusal.value.code == "conversation_queue_full"
    backlog.add(entry(B))


def test_conversations_take_turns_and_keep_their_order():
    backlog = Backlog(Limits(batch=4, batch_per_conversation=2))
    for item in ("a1", "a2", "a3"):
        backlog.add(entry(A, item))
    for item in ("b1", "b2", "b3"):
        backlog.add(entry(B, item))
    assert items(backlog.take()) == ["a1", "a2", "b1", "b2"]
    assert items(backlog.take()) == ["a3", "b3"]
    assert backlog.take() == []
    assert len(backlog) == 0


def test_a_batch_has_a_size():
    backlog = Backlog(Limits(batch=1))
    backlog.add(entry(A, "a1"))
    backlog.add(entry(B, "b1"))
    assert items(backlog.take()) == ["a1"]
    assert items(backlog.take()) == ["b1"]


def test_skipped_lines_come_back_before_later_lines_and_after_the_others_turn():
    backlog = Backlog(Limits(batch_per_conversation=2))
    for item in ("a1", "a2", "a3"):
        backlog.add(entry(A, item))
    skipped = backlog.take()
    backlog.add(entry(B, "b1"))
    backlog.put_back(skipped)
    assert items(backlog.take()) == ["b1", "a1", "a2"]
    assert items(backlog.take()) == ["a3"]


def test_a_skipped_line_waits_less_long_than_an_untried_one():
    backlog = Backlog(Limits(skipped_seconds=2, waiting_seconds=5))
    backlog.add(entry(A, "a1"))
    backlog.put_back(backlog.take())
    backlog.add(entry(B, "b1"))
    backlog.add(entry(B, "b2", since=4))
    assert backlog.remove_late(2.0) == []
    assert items(backlog.remove_late(2.1)) == ["a1"]
    assert items(backlog.remove_late(5.1)) == ["b1"]
    assert len(backlog) == 1


def test_clear_gives_everything_back():
    backlog = Backlog(Limits())
    backlog.add(entry(A, "a1"))
    backlog.add(entry(B, "b1"))
    assert sorted(items(backlog.clear())) == ["a1", "b1"]
    assert len(backlog) == 0
    assert backlog.take() == []
