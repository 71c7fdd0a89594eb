"""The group commit's loop: batches, refusals, authors who leave, stopping."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from config.errors import CentreError, Conflict, Unavailable
from config.vocabulary import Sender
from records.messages import writer as module
from records.messages.backlog import Limits
from records.messages.lines import Draft, Stored
from records.messages.writer import GroupWriter
from tests.kit.until import until

AT = datetime(2026, 1, 5, tzinfo=UTC)
A, B = UUID(int=1), UUID(int=2)


class Storage:
    """Commits as told: what is `held` is skipped, what is `poisoned` fails its whole batch."""

    def __init__(self):
        self.batches = []
        self.held = set()
        self.poison = {}
        self.gate = asyncio.Event()
        self.gate.set()

    async def commit(self, drafts):
        self.batches.append([draft.text for draft in drafts])
        await self.gate.wait()
        for draft in drafts:
            if draft.text in self.poison:
                raise self.poison[draft.text]
        return [
            None if draft.contact_id in self.held else Stored(len(self.batches), AT, False)
            for draft in drafts
        ]


def draft(text, contact_id=A):
    return Draft(contact_id, Sender.VISITOR, uuid4(), text)


async def test_lines_that_come_during_a_commit_share_the_next_one():
    storage = Storage()
    writer = GroupWriter(storage.commit, Limits())
    async with writer.running():
        storage.gate.clear()
        first = asyncio.ensure_future(writer.store(draft("1")))
        await until(lambda: storage.batches)
        others = [asyncio.ensure_future(writer.store(draft(str(n)))) for n in (2, 3, 4)]
        await asyncio.sleep(0)
        storage.gate.set()
        assert (await first).seq == 1
        assert [(await each).seq for each in others] == [2, 2, 2]
    assert storage.batches == [["1"], ["2", "3", "4"]]


@pytest.mark.parametrize(
    ("error", "code"),
    [(ValueError("je m’appelle Zoé"), "internal_error"), (Conflict(code="odd"), "odd")],
)
async def test_a_line_that_fails_its_batch_is_refused_alone(error, code):
    storage = Storage()
    storage.poison["2"] = error
    writer = GroupWriter(storage.commit, Limits())
    async with writer.running():
        answers = await asyncio.gather(
            *(writer.store(draft(text)) for text in ("1", "2", "3")), return_exceptions=True
        )
        assert isinstance(answers[0], Stored)
        assert isinstance(answers[2], Stored)
        assert isinstance(answers[1], CentreError)
        assert answers[1].code == code
        assert "Zoé" not in str(answers[1])
        assert (await writer.store(draft("4"))).seq, "the writer goes on"


async def test_an_engine_that_does_not_answer_refuses_the_whole_batch_as_retryable():
    storage = Storage()
    storage.poison["2"] = Unavailable(code="database_unavailable")
    writer = GroupWriter(storage.commit, Limits())
    async with writer.running():
        answers = await asyncio.gather(
            *(writer.store(draft(text)) for text in ("1", "2")), return_exceptions=True
        )
    assert [each.code for each in answers] == ["database_unavailable"] * 2
    assert answers[0] is not answers[1]
    assert len(storage.batches) == 1, "no line by line against an engine that is down"


async def test_a_held_conversation_is_tried_again_until_it_is_free():
    storage = Storage()
    storage.held.add(A)
    writer = GroupWriter(storage.commit, Limits())
    async with writer.running():
        held = asyncio.ensure_future(writer.store(draft("held")))
        assert (await writer.store(draft("free", B))).seq
        await until(lambda: len(storage.batches) >= 4)
        storage.held.clear()
        assert (await held).seq > 3


async def test_a_line_whose_author_left_before_it_was_tried_is_not_written():
    storage = Storage()
    writer = GroupWriter(storage.commit, Limits())
    async with writer.running():
        storage.gate.clear()
        first = asyncio.ensure_future(writer.store(draft("1")))
        await until(lambda: storage.batches)
        leaving = asyncio.ensure_future(writer.store(draft("2")))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.sleep(0)
        storage.gate.set()
        await first
    assert storage.batches == [["1"]]


async def test_an_author_who_leaves_during_the_commit_disturbs_nobody():
    storage = Storage()
    writer = GroupWriter(storage.commit, Limits())
    async with writer.running():
        storage.gate.clear()
        leaving = asyncio.ensure_future(writer.store(draft("1")))
        staying = asyncio.ensure_future(writer.store(draft("2")))
        await until(lambda: storage.batches)
        leaving.cancel()
        storage.gate.set()
        assert (await staying).seq == 1


async def test_stopping_does_not_wait_for_ever_and_leaves_no_author_without_answer(monkeypatch):
    monkeypatch.setattr(module, "DRAIN_SECONDS", 0.05)
    storage = Storage()
    writer = GroupWriter(storage.commit, Limits(batch=1))
    async with writer.running():
        storage.gate.clear()
        answers = [asyncio.ensure_future(writer.store(draft(str(n)))) for n in range(3)]
        await until(lambda: storage.batches)
    for answer in answers:
        with pytest.raises(Unavailable) as refusal:
            await answer
        assert refusal.value.code == "messages_stopped"


async def test_nothing_is_taken_in_before_the_start_or_after_the_end():
    writer = GroupWriter(Storage().commit, Limits())
    with pytest.raises(Unavailable):
        await writer.store(draft("1"))
    async with writer.running():
        await writer.store(draft("2"))
    with pytest.raises(Unavailable):
        await writer.store(draft("3"))
