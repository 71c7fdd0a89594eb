"""The course of a contact: every arrow of its states, and every other arrow absorbed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest

from config.errors import Conflict, InvalidInput, NotFound
from config.ids import new_id
from config.vocabulary import (
    ContactEventKind,
    ContactState,
    Disposition,
    EndedBy,
    EngagementState,
    EngagementStep,
)
from records.actor import Actor
from records.contacts.change import Change
from records.contacts.snapshot import ContactSnapshot
from tests.kit.record_rows import NOW, read, run
from tests.kit.records_service import U1, Listening, Records, open_records

STAFF = Actor.staff(new_id(), new_id())
RETURN_MS = 3_600_000


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[Records]:
    async with open_records(database_url) as opened:
        yield opened


async def talking_call(records: Records) -> tuple[ContactSnapshot, Listening]:
    who = await records.listener()
    accepted = await records.accept(await records.waiting_call(), who)
    contact = (
        await records.engagements.connected(accepted.taken_after.engagement_id, records.later(20))
    ).after
    return contact, who


async def kinds(records: Records, contact: ContactSnapshot) -> list[str]:
    return [event.kind.value for event in await records.contacts.timeline(contact.contact_id)]


async def end(records: Records, contact: ContactSnapshot) -> ContactSnapshot:
    return (
        await records.contacts.end(
            contact.contact_id, EndedBy.CORRESPONDENT, "completed", records.now
        )
    ).after


async def test_connected_answers_once_and_keeps_the_wait(records: Records) -> None:
    contact, _ = await talking_call(records)
    assert contact.answered_at == records.now
    assert contact.waited_ms == 20_000
    engagement = await records.engagements.open_for_contact(contact.contact_id)
    assert engagement is not None
    assert (engagement.state, engagement.step_due_at) == (EngagementState.TALKING, None)
    again = (await records.engagements.connected(engagement.engagement_id, records.later(5))).after
    assert again == contact
    with pytest.raises(NotFound):
        await records.engagements.connected(new_id(), NOW)


async def test_not_connected_waits_again_with_a_new_turn_and_its_old_rank(records: Records) -> None:
    call, who = await records.waiting_call(), await records.listener()
    engagement_id = (await records.accept(call, who)).taken_after.engagement_id
    back = (
        await records.engagements.not_connected(engagement_id, "no_answer", records.later(15))
    ).after
    assert (back.state, back.turn) == (ContactState.WAITING, call.turn + 1)
    assert (back.rank, back.queued_at) == (call.rank, call.queued_at)
    assert back.waiting_since == records.now
    assert (
        (await records.engagements.not_connected(engagement_id, "no_answer", NOW)).after
    ) == back
    engagement = await records.engagements.get(engagement_id)
    assert engagement is not None
    assert (engagement.state, engagement.step) == ("not_connected", EngagementStep.HANG_UP)
    ended = (
        await records.contacts.end(
            call.contact_id, EndedBy.CORRESPONDENT, "completed", records.later(5)
        )
    ).after
    assert ended.waited_ms == 20_000


async def test_a_late_connect_of_a_given_up_leg_is_absorbed(records: Records) -> None:
    call, one, two = (
        await records.waiting_call(),
        await records.listener(),
        await records.listener(),
    )
    first = await records.accept(call, one)
    back = (
        await records.engagements.not_connected(first.taken_after.engagement_id, "slow", NOW)
    ).after
    second = await records.accept(back, two)
    late = (
        await records.engagements.connected(first.taken_after.engagement_id, records.later())
    ).after
    assert late == second.after
    open_one = await records.engagements.open_for_contact(call.contact_id)
    assert open_one is not None
    assert open_one.listener_id == two.staff_id
    assert open_one.state is EngagementState.CONNECTING


async def test_a_return_to_the_head_gives_one_head_start_once(records: Records) -> None:
    contact, who = await talking_call(records)
    give_back = records.engagements.return_contact
    back = (
        await give_back(contact.contact_id, "leg_lost", records.later(), returned_to_head=True)
    ).after
    assert contact.rank is not None
    assert back.rank == contact.rank - RETURN_MS
    assert (back.queued_at, back.turn, back.returned) == (contact.queued_at, contact.turn + 1, True)
    again = await give_back(contact.contact_id, "leg_lost", NOW, returned_to_head=True)
    assert (again.after, again.happened) == (back, False)
    await records.accept(back, who)
    twice = (
        await give_back(contact.contact_id, "leg_lost", records.later(), returned_to_head=True)
    ).after
    assert twice.rank == back.rank
    assert (await kinds(records, contact)).count("returned") == 2
    assert (await read(records.database, "SELECT state FROM engagement ORDER BY accepted_at"))[0][
        "state"
    ] == "handed_over"


async def test_a_return_for_an_engagement_that_is_past_moves_nothing(records: Records) -> None:
    contact, _ = await talking_call(records)
    first = await records.engagements.open_for_contact(contact.contact_id)
    assert first is not None
    until = records.now + timedelta(seconds=30)
    back = (
        await records.engagements.return_contact(
            contact.contact_id,
            "leg_lost",
            records.now,
            returned_to_head=False,
            engagement_id=first.engagement_id,
            preferred_listener_id=first.listener_id,
            preferred_until=until,
        )
    ).after
    assert (back.preferred_listener_id, back.preferred_until) == (first.listener_id, until)
    second = await records.accept(back, await records.listener())
    assert second.after.preferred_listener_id is None
    late = (
        await records.engagements.return_contact(
            contact.contact_id,
            "leg_lost",
            records.now,
            returned_to_head=False,
            engagement_id=first.engagement_id,
        )
    ).after
    assert late == second.after


async def test_waiting_after_an_answer_adds_to_the_wait(records: Records) -> None:
    contact, who = await talking_call(records)
    back = (
        await records.engagements.return_contact(
            contact.contact_id, "leg_lost", records.later(100), returned_to_head=False
        )
    ).after
    assert back.waited_ms == 20_000
    again = await records.accept(back, who)
    records.later(7)
    answered = (
        await records.engagements.connected(again.taken_after.engagement_id, records.now)
    ).after
    assert (answered.waited_ms, answered.answered_at) == (27_000, contact.answered_at)


async def test_hanging_up_while_arriving_or_waiting_is_abandoned_with_its_time(
    records: Records,
) -> None:
    arriving, waiting = await records.call(), await records.waiting_call()
    records.later(42)
    for contact in (arriving, waiting):
        gone = await end(records, contact)
        assert (gone.state, gone.disposition) == (ContactState.CLOSED, Disposition.ABANDONED)
        assert (gone.waited_ms, gone.ended_by) == (42_000, EndedBy.CORRESPONDENT)
        assert await end(records, contact) == gone
        assert (await kinds(records, gone))[-2:] == ["ended", "closed"]


async def test_hanging_up_while_the_listener_rings_is_abandoned_and_frees_her(
    records: Records,
) -> None:
    call, who = await records.waiting_call(), await records.listener()
    await records.accept(call, who)
    gone = await end(records, call)
    assert gone.disposition is Disposition.ABANDONED
    assert await records.engagements.open_for_listener(who.staff_id) == []
    await records.accept(await records.waiting_call(), who)


async def test_hanging_up_while_talking_opens_the_write_up(records: Records) -> None:
    contact, who = await talking_call(records)
    records.later(60)
    ended = await end(records, contact)
    assert (ended.state, ended.disposition) == (ContactState.ENDED, None)
    assert (ended.ended_at, ended.waited_ms) == (records.now, 20_000)
    (engagement,) = await records.engagements.open_for_listener(who.staff_id)
    assert engagement.state is EngagementState.WRAP_UP
    assert engagement.wrap_up_until == records.now + timedelta(seconds=600)
    assert engagement.step is EngagementStep.HANG_UP
    assert await end(records, contact) == ended


async def test_the_end_is_never_before_the_arrival_nor_after_now(records: Records) -> None:
    early, late = await records.call(), await records.call()
    now = records.later(10)
    for contact, told, kept in (
        (early, NOW - timedelta(hours=1), NOW),
        (late, NOW + timedelta(hours=1), now),
    ):
        gone = (
            await records.contacts.end(
                contact.contact_id, EndedBy.CARRIER, "failed", now, ended_at=told
            )
        ).after
        assert gone.ended_at == kept


async def test_ending_a_chat_closes_its_conversation(records: Records) -> None:
    chat, who = await records.waiting_chat(), await records.listener()
    await records.accept(chat, who)
    actor = Actor.staff(who.staff_id, who.session_id)
    await records.contacts.end(chat.contact_id, EndedBy.LISTENER, "done", NOW, actor=actor)
    assert (await read(records.database, "SELECT open FROM conversation"))[0]["open"] is False
    (row,) = await read(records.database, "SELECT * FROM audit WHERE action = 'contact.end'")
    assert (row["staff_id"], row["session_id"]) == (who.staff_id, who.session_id)


async def test_away_counts_to_the_last_sign_of_life_and_coming_back_is_a_new_turn(
    records: Records,
) -> None:
    chat = await records.waiting_chat()
    await records.contacts.seen_all([chat.contact_id], records.later(30))
    seen_at, now = records.now, records.later(130)
    assert [c.contact_id for c in await records.contacts.away_since(now, 9)] == [chat.contact_id]
    gone = (
        await records.contacts.end_away(chat.contact_id, now - timedelta(seconds=120), now)
    ).after
    assert (gone.disposition, gone.ended_by) == (Disposition.ABANDONED, EndedBy.AWAY)
    assert (gone.ended_at, gone.waited_ms) == (seen_at, 30_000)
    back = (await records.contacts.come_back(chat.contact_id, records.later(60))).after
    assert (back.state, back.turn) == (ContactState.WAITING, chat.turn + 1)
    assert (back.rank, back.queued_at) == (chat.rank, chat.queued_at)
    assert (back.ended_at, back.disposition, back.waited_ms) == (None, None, None)
    assert (await read(records.database, "SELECT open FROM conversation"))[0]["open"] is True
    assert (await records.contacts.come_back(chat.contact_id, records.now)).after == back


async def test_a_visitor_who_returned_in_time_is_not_given_up(records: Records) -> None:
    chat = await records.waiting_chat()
    now = records.later(130)
    await records.contacts.seen_all([chat.contact_id], now)
    kept = (
        await records.contacts.end_away(chat.contact_id, now - timedelta(seconds=120), now)
    ).after
    assert kept.state is ContactState.WAITING


async def test_one_who_left_by_her_own_hand_does_not_come_back_to_waiting(records: Records) -> None:
    chat = await records.waiting_chat()
    left = (await records.contacts.end(chat.contact_id, EndedBy.CORRESPONDENT, "left", NOW)).after
    assert (await records.contacts.come_back(chat.contact_id, records.later())).after == left


async def test_closing_needs_an_end_then_a_case_or_a_code(records: Records) -> None:
    contact, who = await talking_call(records)
    close, actor = records.contacts.close, Actor.staff(who.staff_id, who.session_id)
    treated = (contact.contact_id, actor, Disposition.TREATED, None)

    async def refusal(*arguments: object) -> str:
        with pytest.raises((Conflict, InvalidInput)) as refused:
            await close(*arguments, records.now)  # type: ignore[arg-type]
        return refused.value.code

    assert await refusal(*treated) == "contact_open"
    await end(records, contact)
    assert await refusal(*treated) == "case_or_code_needed"
    assert await refusal(contact.contact_id, actor, Disposition.TREATED, "test") == "invalid_input"
    case_id = new_id()
    async with records.database.transaction() as tx:
        await run(
            tx,
            "INSERT INTO case_file (case_id, line_id, reference, state, version, created_at,"
            " created_by) VALUES ($1, 'dlpm', 'R1', 'ouverte', 1, $2, $3)",
            case_id,
            NOW,
            who.staff_id,
        )
        await run(
            tx,
            "INSERT INTO case_contact VALUES ($1, $2, 'dlpm', $3, $4)",
            case_id,
            contact.contact_id,
            NOW,
            who.staff_id,
        )
    closed = (await close(*treated, records.later())).after
    assert (closed.state, closed.disposition) == (ContactState.CLOSED, Disposition.TREATED)
    assert closed.ended_by is EndedBy.CORRESPONDENT
    assert (await close(*treated, records.later())).after == closed
    other = (contact.contact_id, actor, Disposition.NON_CONTENT, "test")
    assert await refusal(*other) == "already_closed"
    assert await records.engagements.open_for_listener(who.staff_id) == []


async def test_nothing_moves_a_closed_contact(records: Records) -> None:
    chat, who = await records.waiting_chat(), await records.listener()
    accepted = await records.accept(chat, who)
    contact_id, engagement_id = chat.contact_id, accepted.taken_after.engagement_id
    await records.contacts.end(contact_id, EndedBy.LISTENER, "done", NOW)
    closed = (
        await records.contacts.close(
            contact_id, STAFF, Disposition.NON_CONTENT, "test", records.later()
        )
    ).after
    events = await kinds(records, closed)
    now = records.later()
    acts: list[Callable[[], Awaitable[Change]]] = [
        lambda: records.contacts.place(contact_id, U1, now),
        lambda: records.contacts.end(contact_id, EndedBy.SYSTEM, "sweep", now),
        lambda: records.contacts.end_away(contact_id, now, now),
        lambda: records.contacts.come_back(contact_id, now),
        lambda: records.engagements.connected(engagement_id, now),
        lambda: records.engagements.not_connected(engagement_id, "late", now),
        lambda: records.engagements.return_contact(contact_id, "x", now, returned_to_head=True),
    ]
    for act in acts:
        change = await act()
        assert change.after == closed
        assert not change.happened or change.before is None
    assert not await records.contacts.seen_all([contact_id], now)
    assert await kinds(records, closed) == events


async def test_every_change_adds_one_to_the_version_and_every_wait_one_to_the_turn(
    records: Records,
) -> None:
    contact, _ = await talking_call(records)
    back = (
        await records.engagements.return_contact(
            contact.contact_id, "leg_lost", records.now, returned_to_head=False
        )
    ).after
    gone = await end(records, back)
    # arrived 1, placed 2, accepted 3, connected 4, returned 5, ended and closed 6
    assert (contact.version, back.version, gone.version) == (4, 5, 6)
    assert (contact.turn, back.turn, gone.turn) == (1, 2, 2)
    assert await kinds(records, gone) == [
        ContactEventKind.ARRIVED,
        ContactEventKind.QUEUED,
        ContactEventKind.ACCEPTED,
        ContactEventKind.CONNECTED,
        ContactEventKind.RETURNED,
        ContactEventKind.ENDED,
        ContactEventKind.CLOSED,
    ]
