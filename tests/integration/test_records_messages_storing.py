"""Storing lines on a real PostgreSQL: numbers, replays, refusals, and no false acknowledgement."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest

from config.clock import ManualClock
from config.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    TooMuch,
    Unavailable,
)
from config.vocabulary import MessageKind, MessageVisibility, Role, Sender
from records.database import Database
from records.messages import Limits, Messages
from records.vault import SealDamaged
from tests.kit import record_rows as rows
from tests.kit.principals import principal_of
from tests.kit.until import until

VAULT = rows.a_vault()


@asynccontextmanager
async def node(url, limits=None, pool_size=4):
    """One process's worth: its own pool and its own writer."""
    async with Database.open(url, pool_size=pool_size) as database:
        messages = Messages(database, VAULT, ManualClock(rows.NOW), limits)
        async with messages.running():
            yield messages, database


@pytest.fixture
async def one(database_url):
    async with node(database_url) as (messages, database):
        async with database.transaction() as tx:
            await rows.add_line(tx)
        yield messages, database


async def conversations(database, count, **more):
    async with database.transaction() as tx:
        return [await rows.add_conversation(tx, VAULT, **more) for _ in range(count)]


async def stored(database, contact_id):
    return await rows.read(
        database, "SELECT * FROM message WHERE contact_id = $1 ORDER BY seq", contact_id
    )


def say(messages, contact_id, text="bonjour", cid=None, sender=Sender.VISITOR, **more):
    return messages.append(contact_id, sender, cid or uuid4(), text, **more)


async def test_numbers_have_no_gap_under_fifty_writers_over_twenty_conversations_on_two_nodes(
    database_url, one
):
    messages, database = one
    contacts = await conversations(database, 20)
    async with node(database_url) as (others, _):
        answers = {}

        async def writer(number):
            via = (messages, others)[number % 2]
            for turn in range(12):
                contact_id = contacts[(number * 7 + turn) % 20]
                cid = uuid4()
                # Somebody always sends a line twice, at once and on both nodes.
                first, again = await asyncio.gather(
                    say(via, contact_id, f"{number}/{turn}", cid),
                    say((messages, others)[turn % 2], contact_id, f"{number}/{turn}", cid),
                )
                assert first.seq == again.seq
                answers[contact_id, first.seq] = f"{number}/{turn}"

        await asyncio.gather(*(writer(number) for number in range(50)))
    total = 0
    for contact_id in contacts:
        lines = await messages.after(contact_id, 0, 500, for_visitor=True)
        assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
        assert (await messages.head(contact_id)).head_seq == len(lines)
        for line in lines:
            assert answers[contact_id, line.seq] == line.text
        total += len(lines)
    assert total == 50 * 12 == len(answers)


async def test_lines_of_one_author_keep_their_order(one):
    messages, database = one
    (contact_id,) = await conversations(database, 1)
    answers = await asyncio.gather(*(say(messages, contact_id, str(n)) for n in range(40)))
    assert [answer.seq for answer in answers] == list(range(1, 41))
    lines = await messages.after(contact_id, 0, 500, for_visitor=True)
    assert [line.text for line in lines] == [str(n) for n in range(40)]


async def test_a_line_sent_again_answers_with_its_first_number_and_instant(one):
    messages, database = one
    (contact_id,) = await conversations(database, 1)
    cid = uuid4()
    first = await say(messages, contact_id, cid=cid)
    await say(messages, contact_id, "autre")
    messages._clock.advance(timedelta(minutes=1))
    again = await say(messages, contact_id, cid=cid)
    assert (again.seq, again.at, again.replayed) == (first.seq, first.at, True)
    assert not first.replayed
    assert len(await stored(database, contact_id)) == 2


async def test_a_line_sent_again_after_the_conversation_closed_still_has_its_answer(one):
    messages, database = one
    (contact_id,) = await conversations(database, 1)
    cid = uuid4()
    first = await say(messages, contact_id, cid=cid)
    await close(database, contact_id)
    assert (await say(messages, contact_id, cid=cid)).seq == first.seq


async def close(database, contact_id):
    async with database.transaction() as tx:
        await rows.run(tx, "UPDATE conversation SET open = false WHERE contact_id = $1", contact_id)


async def test_a_cid_used_for_another_text_is_refused(one):
    messages, database = one
    (contact_id,) = await conversations(database, 1)
    cid = uuid4()
    await say(messages, contact_id, "un", cid)
    with pytest.raises(Conflict) as refusal:
        await say(messages, contact_id, "deux", cid)
    assert refusal.value.code == "cid_reused"


async def test_refused_rows_do_not_touch_the_others_of_their_batch(one):
    messages, database = one
    good, closed, reused = await conversations(database, 3)
    await close(database, closed)
    cid = uuid4()
    await say(messages, reused, "un", cid)
    async with database.transaction() as tx:
        stranger = await rows.add_staff(tx)
    # All taken into one batch: nothing is awaited between them.
    answers = await asyncio.gather(
        say(messages, closed),
        say(messages, good, "a"),
        say(messages, reused, "deux", cid),
        say(messages, uuid4()),
        say(messages, good, "b", sender=Sender.LISTENER, staff_id=stranger),
        return_exceptions=True,
    )
    assert [getattr(each, "code", None) or each.seq for each in answers] == [
        "conversation_closed",
        1,
        "cid_reused",
        "not_found",
        2,
    ]
    assert isinstance(answers[3], NotFound)


async def test_a_line_the_database_itself_refuses_is_refused_alone(one):
    messages, database = one
    first, second = await conversations(database, 2)
    answers = await asyncio.gather(
        say(messages, first, "a"),
        say(messages, first, "b", sender=Sender.LISTENER, staff_id=uuid4()),  # no such staff
        say(messages, second, "c"),
        return_exceptions=True,
    )
    assert answers[0].seq == 1
    assert answers[1].code == "reference_missing"
    assert answers[2].seq == 1
    assert (await messages.head(first)).head_seq == 1


async def test_a_held_conversation_delays_only_itself(one):
    messages, database = one
    held, free = await conversations(database, 2)
    async with database.transaction() as tx:
        assert await tx.fetch("message.lock_conversations", [held])
        waiting = asyncio.ensure_future(say(messages, held))
        for number in range(1, 20):
            async with asyncio.timeout(1):
                assert (await say(messages, free)).seq == number
        assert not waiting.done()
    assert (await waiting).seq == 1


async def test_a_conversation_held_too_long_is_refused_as_retryable_and_delays_no_other(
    database_url, one
):
    _, database = one
    held, free = await conversations(database, 2)
    cid = uuid4()
    async with node(database_url, Limits(skipped_seconds=0.2)) as (messages, _):
        async with database.transaction() as tx:
            assert await tx.fetch("message.lock_conversations", [held])
            refused, answered = await asyncio.gather(
                say(messages, held, cid=cid), say(messages, free), return_exceptions=True
            )
        assert isinstance(refused, Unavailable)
        assert (refused.code, refused.retryable) == ("conversation_busy", True)
        assert answered.seq == 1
        assert (await say(messages, held, cid=cid)).seq == 1


async def test_closing_and_writing_never_miss_each_other(database_url, one):
    messages, database = one
    (contact_id,) = await conversations(database, 1)
    results = []

    async def writer():
        for _ in range(200):
            try:
                results.append(await say(messages, contact_id))
            except Conflict:
                return

    async with Database.open(database_url, pool_size=2) as elsewhere, asyncio.TaskGroup() as tasks:
        tasks.create_task(writer())
        await until(lambda: len(results) > 5)
        await close(elsewhere, contact_id)
    head = await messages.head(contact_id)
    assert not head.open
    assert head.head_seq == len(results) == len(await stored(database, contact_id))


async def test_the_queue_is_bounded(database_url, one):
    _, database = one
    first, second = await conversations(database, 2)
    limits = Limits(waiting=3, waiting_per_conversation=2)
    async with node(database_url, limits) as (messages, _):
        answers = await asyncio.gather(
            *(say(messages, first) for _ in range(3)),
            say(messages, second),
            say(messages, second),
            return_exceptions=True,
        )
        codes = [getattr(each, "code", "stored") for each in answers]
        assert codes == [
            "stored",
            "stored",
            "conversation_queue_full",
            "stored",
            "messages_queue_full",
        ]
        assert all(isinstance(answers[place], TooMuch) for place in (2, 4))
        assert answers[4].retry_after == 1


async def test_a_system_line_is_said_once_per_occasion(database_url, one):
    messages, database = one
    (contact_id,) = await conversations(database, 1)
    async with node(database_url) as (others, _):
        first = await messages.system_line(contact_id, "wait", "Attente d’environ 4 min.")
        again = await others.system_line(contact_id, "wait", "Attente d’environ 3 min.")
        later = await others.system_line(contact_id, "wait", "Encore 3 min.", occasion="turn-2")
    assert (first.seq, again.seq, later.seq) == (1, 1, 2)
    (line, _) = await messages.after(contact_id, 0, 10, for_visitor=True)
    assert (line.sender, line.kind) == (Sender.SYSTEM, MessageKind.SYSTEM)
    assert line.text == "Attente d’environ 4 min."


async def test_a_whisper_never_reaches_the_visitor(one):
    messages, database = one
    (contact_id,) = await conversations(database, 1)
    async with database.transaction() as tx:
        staff_id = await rows.add_staff(tx)
    await say(messages, contact_id)
    await say(
        messages,
        contact_id,
        "demande-lui son âge",
        sender=Sender.LISTENER,
        staff_id=staff_id,
        kind=MessageKind.WHISPER,
        visibility=MessageVisibility.STAFF,
    )
    seen = await messages.after(contact_id, 0, 10, for_visitor=True)
    assert [line.seq for line in seen] == [1]
    assert len(await messages.after(contact_id, 0, 10, for_visitor=False)) == 2
    with pytest.raises(InvalidInput):
        await say(messages, contact_id, sender=Sender.LISTENER, kind=MessageKind.WHISPER)


async def test_a_colleagues_reading_is_gated_and_in_the_trail(one):
    messages, database = one
    (contact_id,) = await conversations(database, 1)
    await say(messages, contact_id, "je m’appelle Zoé")
    async with database.transaction() as tx:
        line_ids = frozenset({rows.LINE})
        readers = {
            role: principal_of(await rows.add_staff(tx, role), role, line_ids, uuid4())
            for role in (Role.COORDINATOR, Role.LISTENER)
        }
    reader = readers[Role.COORDINATOR]
    lines = await messages.read(reader, contact_id, 0, 10, rows.NOW)
    assert [line.text for line in lines] == ["je m’appelle Zoé"]
    with pytest.raises(NotAllowed):
        await messages.read(readers[Role.LISTENER], contact_id, 0, 10, rows.NOW)
    with pytest.raises(NotFound):
        await messages.read(reader, uuid4(), 0, 10, rows.NOW)
    read, refused = await rows.read(database, "SELECT * FROM audit ORDER BY audit_id")
    assert (read["action"], read["staff_id"], read["session_id"]) == (
        "messages_read",
        reader.staff_id,
        reader.session_id,
    )
    assert read["detail"] == {"after": 0, "count": 1}
    assert (refused["action"], refused["object_id"]) == ("access_refused", contact_id)


async def test_texts_are_sealed_and_bound_to_their_row(one):
    messages, database = one
    (contact_id,) = await conversations(database, 1)
    await say(messages, contact_id, "je m’appelle Zoé")
    await say(messages, contact_id, "j’ai quinze ans")
    first, second = await stored(database, contact_id)
    assert b"Zo" not in first["body_sealed"]
    async with database.transaction() as tx:
        await rows.run(
            tx,
            "UPDATE message SET body_sealed = $2 WHERE contact_id = $1 AND seq = 1",
            contact_id,
            second["body_sealed"],
        )
    with pytest.raises(SealDamaged):
        await messages.after(contact_id, 0, 10, for_visitor=True)


async def test_a_shredded_conversation_takes_and_shows_nothing(one):
    messages, database = one
    (contact_id,) = await conversations(database, 1)
    await say(messages, contact_id)
    async with database.transaction() as tx:
        await VAULT.destroy_key(tx, "contact", contact_id, rows.NOW)
    with pytest.raises(NotFound):
        await say(messages, contact_id)
    with pytest.raises(NotFound):
        await messages.after(contact_id, 0, 10, for_visitor=True)


async def test_reading_marks_go_forward_only_and_never_past_the_head(one):
    messages, database = one
    (contact_id,) = await conversations(database, 1)
    for _ in range(3):
        await say(messages, contact_id)
    assert await messages.mark_read(contact_id, Sender.VISITOR, 2) == 2
    assert await messages.mark_read(contact_id, Sender.VISITOR, 1) is None
    assert await messages.mark_read(contact_id, Sender.LISTENER, 10**30) == 3
    assert await messages.mark_read(contact_id, Sender.LISTENER, -5) is None
    head = await messages.head(contact_id)
    assert (head.visitor_read_seq, head.listener_read_seq, head.open) == (2, 3, True)
    with pytest.raises(NotFound):
        await messages.head(uuid4())


async def test_pages_follow_each_other(one):
    messages, database = one
    (contact_id,) = await conversations(database, 1)
    await asyncio.gather(*(say(messages, contact_id, str(n)) for n in range(7)))
    seen = []
    while page := await messages.after(contact_id, seen[-1] if seen else 0, 3, for_visitor=True):
        assert len(page) <= 3
        seen += [line.seq for line in page]
    assert seen == list(range(1, 8))


async def test_stopping_stores_what_was_taken_in_and_takes_nothing_more(database_url, one):
    _, database = one
    (contact_id,) = await conversations(database, 1)
    async with node(database_url) as (messages, _):
        pending = [asyncio.ensure_future(say(messages, contact_id)) for _ in range(30)]
        await asyncio.sleep(0)
    answers = await asyncio.gather(*pending)
    assert sorted(answer.seq for answer in answers) == list(range(1, 31))
    with pytest.raises(Unavailable):
        await say(messages, contact_id)


async def test_an_error_of_the_caller_leaves_the_block_as_itself(database_url, one):
    class Mine(Exception):
        pass

    with pytest.raises(Mine):
        async with node(database_url):
            raise Mine
