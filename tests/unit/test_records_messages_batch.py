"""Numbering a batch: each rule of `plan_batch`, and what a line may be."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from config.errors import InvalidInput
from config.vocabulary import MessageKind, MessageVisibility, Sender
from records.messages.batch import (
    Conversation,
    Known,
    Numbered,
    RefusedLine,
    Replayed,
    Skipped,
    Twin,
    plan_batch,
)
from records.messages.lines import MAX_CHARS, Draft, checked

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
A, B, C = (UUID(int=n) for n in (1, 2, 3))


def draft(contact_id=A, text="bonjour", sender=Sender.VISITOR, cid=None, **more):
    return Draft(contact_id, sender, cid or uuid4(), text, **more)


def test_new_lines_follow_the_head_in_the_order_given():
    drafts = [draft(A), draft(B), draft(A)]
    plan = plan_batch(drafts, {A: Conversation(7, True), B: Conversation(0, True)}, (), {})
    assert plan.fates == (Numbered(8), Numbered(1), Numbered(9))
    assert plan.heads == {A: 9, B: 1}


def test_a_locked_conversation_is_skipped_and_delays_no_other():
    plan = plan_batch([draft(A), draft(B)], {B: Conversation(0, True)}, {A}, {})
    assert plan.fates == (Skipped(), Numbered(1))
    assert plan.heads == {B: 1}


def test_a_conversation_that_does_not_exist_is_refused_alone():
    plan = plan_batch([draft(C), draft(B)], {B: Conversation(0, True)}, {A}, {})
    assert plan.fates == (RefusedLine("not_found"), Numbered(1))


def test_a_closed_conversation_refuses_its_lines_only():
    locked = {A: Conversation(4, False), B: Conversation(0, True)}
    plan = plan_batch([draft(A), draft(B)], locked, (), {})
    assert plan.fates == (RefusedLine("conversation_closed"), Numbered(1))
    assert plan.heads == {B: 1}


@pytest.mark.parametrize("is_open", [True, False])
def test_a_known_line_answers_with_its_first_number_even_once_closed(is_open):
    line = draft(A)
    known = {line.name: Known(3, AT, line.text)}
    plan = plan_batch([line], {A: Conversation(5, is_open)}, (), known)
    assert plan.fates == (Replayed(3, AT),)
    assert plan.heads == {}


def test_a_known_name_with_another_text_is_refused():
    line = draft(A, text="autre")
    known = {line.name: Known(3, AT, "bonjour")}
    plan = plan_batch([line], {A: Conversation(5, True)}, (), known)
    assert plan.fates == (RefusedLine("cid_reused"),)


def test_the_same_line_twice_in_a_batch_is_written_once():
    line = draft(A)
    plan = plan_batch([line, line], {A: Conversation(0, True)}, (), {})
    assert plan.fates == (Numbered(1), Twin(1))
    assert plan.heads == {A: 1}


def test_the_same_name_twice_in_a_batch_with_two_texts_is_refused():
    cid = uuid4()
    drafts = [draft(A, "un", cid=cid), draft(A, "deux", cid=cid)]
    plan = plan_batch(drafts, {A: Conversation(0, True)}, (), {})
    assert plan.fates == (Numbered(1), RefusedLine("cid_reused"))


def test_the_same_cid_of_two_senders_is_two_lines():
    cid = uuid4()
    drafts = [draft(A, cid=cid), draft(A, cid=cid, sender=Sender.LISTENER)]
    plan = plan_batch(drafts, {A: Conversation(0, True)}, (), {})
    assert plan.fates == (Numbered(1), Numbered(2))


def test_a_system_line_said_again_with_fresher_words_is_still_said_once():
    line = draft(A, "Attente d’environ 4 min.", sender=Sender.SYSTEM, kind=MessageKind.SYSTEM)
    known = {line.name: Known(2, AT, "Attente d’environ 6 min.")}
    plan = plan_batch([line], {A: Conversation(5, True)}, (), known)
    assert plan.fates == (Replayed(2, AT),)


def test_an_ordinary_line_and_a_whisper_to_staff_pass():
    for line in (
        draft(),
        draft(sender=Sender.LISTENER, kind=MessageKind.WHISPER, visibility=MessageVisibility.STAFF),
    ):
        assert checked(line) is line


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (draft(text=" \n"), "text"),
        (draft(text="a" * (MAX_CHARS + 1)), "text"),
        (draft(text="\ud83d"), "text"),
        (draft(sender=Sender.LISTENER, kind=MessageKind.WHISPER), "visibility"),
        (draft(kind=MessageKind.SYSTEM), "kind"),
        (draft(visibility=MessageVisibility.STAFF), "visibility"),
    ],
)
def test_a_line_that_may_never_exist_is_refused(line, field):
    with pytest.raises(InvalidInput) as refusal:
        checked(line)
    assert refusal.value.field == field
