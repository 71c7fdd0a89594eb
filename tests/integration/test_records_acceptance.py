"""Accept: one listener per contact, capacity never exceeded, a repeat changes nothing."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from config.errors import Conflict, NotAllowed
from config.ids import new_id
from config.vocabulary import (
    ContactEventKind,
    ContactState,
    Disposition,
    EndedBy,
    EngagementState,
    EngagementStep,
    Level,
    PresenceState,
)
from records.actor import Actor
from records.contacts.change import Change
from tests.kit.record_rows import NOW, add_staff, read
from tests.kit.records_service import Listening, Records, open_records


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[Records]:
    async with open_records(database_url, pool_size=24) as opened:
        yield opened


async def test_a_call_accepted_is_connecting_and_its_step_is_due_at_once(records: Records) -> None:
    call, who = await records.waiting_call(), await records.listener()
    accepted = await records.accept(call, who)
    assert accepted.after.state is ContactState.ACTIVE
    assert accepted.after.version == call.version + 1
    assert accepted.after.answered_at is None
    assert accepted.taken_after.state is EngagementState.CONNECTING
    assert accepted.taken_after.step is EngagementStep.CALL_LISTENER
    assert accepted.taken_after.step_due_at == NOW
    assert accepted.happened


async def test_a_chat_accepted_is_talking_and_answered(records: Records) -> None:
    chat, who = await records.waiting_chat(), await records.listener()
    records.later(90)
    accepted = await records.accept(chat, who)
    assert accepted.taken_after.state is EngagementState.TALKING
    assert accepted.taken_after.step is EngagementStep.NONE
    assert accepted.after.answered_at == records.now
    assert accepted.after.waited_ms == 90_000
    kinds = [event.kind for event in await records.contacts.timeline(chat.contact_id)]
    assert kinds[-2:] == [ContactEventKind.ACCEPTED, ContactEventKind.CONNECTED]


async def test_the_same_offer_accepted_again_gives_the_same_engagement(records: Records) -> None:
    call, who, offer = await records.waiting_call(), await records.listener(), new_id()
    first = await records.accept(call, who, offer)
    again = await records.accept(call, who, offer)
    assert not again.happened
    assert again.taken_after == first.taken_after
    assert again.after == first.after
    audits = await read(records.database, "SELECT action FROM audit")
    assert [row["action"] for row in audits] == ["contact.accept"]


async def test_one_offer_accepted_by_many_at_once_is_one_engagement(records: Records) -> None:
    call, who, offer = await records.waiting_call(), await records.listener(), new_id()
    outcomes = await asyncio.gather(*(records.accept(call, who, offer) for _ in range(12)))
    assert Counter(outcome.happened for outcome in outcomes) == {True: 1, False: 11}
    assert {outcome.taken_after.engagement_id for outcome in outcomes} == {offer}
    assert {outcome.after.version for outcome in outcomes} == {call.version + 1}


async def test_a_contact_of_somebody_else_is_taken(records: Records) -> None:
    call, one, two = (
        await records.waiting_call(),
        await records.listener(),
        await records.listener(),
    )
    offer = new_id()
    await records.accept(call, one, offer)
    for offer_id in (new_id(), offer):
        with pytest.raises(Conflict) as refused:
            await records.accept(call, two, offer_id)
        assert refused.value.code == "contact_taken"


async def test_a_contact_that_left_is_gone(records: Records) -> None:
    call, who = await records.waiting_call(), await records.listener()
    await records.contacts.end(call.contact_id, EndedBy.CORRESPONDENT, "completed", records.now)
    with pytest.raises(Conflict) as refused:
        await records.accept(call, who)
    assert refused.value.code == "contact_gone"


async def test_an_offer_of_an_earlier_turn_is_gone(records: Records) -> None:
    call, one, two = (
        await records.waiting_call(),
        await records.listener(),
        await records.listener(),
    )
    accepted = await records.accept(call, one)
    await records.engagements.not_connected(
        accepted.taken_after.engagement_id, "no_answer", records.now
    )
    with pytest.raises(Conflict) as refused:
        await records.accept(call, two)
    assert refused.value.code == "contact_gone"
    fresh = await records.contacts.get(call.contact_id)
    assert (await records.accept(fresh, two)).taken_after.turn == call.turn + 1


async def test_a_refused_accept_leaves_no_trace(records: Records) -> None:
    one, two, who = (
        await records.waiting_call(),
        await records.waiting_call(),
        await records.listener(),
    )
    await records.accept(one, who)
    with pytest.raises(Conflict) as refused:
        await records.accept(two, who)
    assert refused.value.code == "over_capacity"
    assert await records.contacts.get(two.contact_id) == two
    assert len(await records.contacts.timeline(two.contact_id)) == 2


async def test_a_listener_with_a_chat_takes_no_call_and_with_a_call_no_chat(
    records: Records,
) -> None:
    who, other = await records.listener(), await records.listener()
    await records.accept(await records.waiting_chat(), who)
    with pytest.raises(Conflict, match="place"):
        await records.accept(await records.waiting_call(), who)
    await records.accept(await records.waiting_call(), other)
    with pytest.raises(Conflict, match="place"):
        await records.accept(await records.waiting_chat(), other)


async def test_a_listener_who_never_declared_a_presence_takes_nothing(records: Records) -> None:
    call = await records.waiting_call()
    async with records.database.transaction() as tx:
        staff_id = await add_staff(tx)
    with pytest.raises(NotAllowed):
        await records.accept(call, Listening(staff_id, new_id()))
    assert (await records.contacts.get(call.contact_id)).state is ContactState.WAITING


async def test_a_write_up_counts_until_its_time_is_over(records: Records) -> None:
    who = await records.listener()
    first = await records.accept(await records.waiting_call(), who)
    await records.engagements.connected(first.taken_after.engagement_id, records.now)
    await records.contacts.end(
        first.after.contact_id, EndedBy.CORRESPONDENT, "completed", records.now
    )
    next_call = await records.waiting_call()
    with pytest.raises(Conflict) as refused:
        await records.accept(next_call, who)
    assert refused.value.code == "over_capacity"
    records.later(601)
    assert (await records.accept(next_call, who)).happened
    assert len(await records.engagements.open_for_listener(who.staff_id)) == 2


async def test_closing_the_write_up_gives_the_place_back(records: Records) -> None:
    who = await records.listener(max_chats=1)
    taken = await records.accept(await records.waiting_chat(), who)
    contact_id = taken.after.contact_id
    await records.contacts.end(contact_id, EndedBy.CORRESPONDENT, "left", records.now)
    await records.contacts.close(
        contact_id,
        Actor.staff(who.staff_id, who.session_id),
        Disposition.NON_CONTENT,
        "test",
        records.now,
    )
    await records.accept(await records.waiting_chat(), who)
    assert [load.channel for load in (await records.presence.loads(records.now))[who.staff_id]] == [
        "chat"
    ]


async def test_many_listeners_race_for_many_contacts_and_each_is_taken_once(
    records: Records,
) -> None:
    chance = random.Random(7)
    calls = [await records.waiting_call() for _ in range(15)]
    chats = [await records.waiting_chat() for _ in range(25)]
    listeners = [await records.listener(max_chats=2) for _ in range(8)]
    tries = [(contact, who) for contact in calls + chats for who in listeners]
    chance.shuffle(tries)
    outcomes = await asyncio.gather(
        *(records.accept(contact, who) for contact, who in tries), return_exceptions=True
    )
    taken = [outcome for outcome in outcomes if isinstance(outcome, Change)]
    codes = Counter(error.code for error in outcomes if isinstance(error, Conflict))
    assert len(taken) + codes.total() == len(tries), [
        o for o in outcomes if not isinstance(o, Change | Conflict)
    ][:1]
    assert set(codes) <= {"contact_taken", "over_capacity"}
    assert max(Counter(one.after.contact_id for one in taken).values()) == 1
    loads: dict = {}
    for one in taken:
        loads.setdefault(one.taken_after.listener_id, []).append(one.taken_after.channel.value)
    assert len(loads) == len(listeners)
    assert all(sorted(load) in (["call"], ["chat", "chat"]) for load in loads.values())
    active = await read(records.database, "SELECT contact_id FROM contact WHERE state = 'active'")
    assert len(active) == len(taken)


async def test_hanging_up_and_accepting_at_once_end_in_one_truth(records: Records) -> None:
    for _ in range(20):
        call, who = await records.waiting_call(), await records.listener()
        accepted, ended = await asyncio.gather(
            records.accept(call, who),
            records.contacts.end(call.contact_id, EndedBy.CORRESPONDENT, "completed", records.now),
            return_exceptions=True,
        )
        contact = await records.contacts.get(call.contact_id)
        assert contact.state is ContactState.CLOSED
        assert contact.disposition is Disposition.ABANDONED
        assert not isinstance(ended, Exception)
        if isinstance(accepted, Conflict):
            assert accepted.code == "contact_gone"
        else:
            engagement = await records.engagements.get(accepted.taken_after.engagement_id)
            assert engagement is not None
            assert engagement.state is EngagementState.NOT_CONNECTED
            assert engagement.step is EngagementStep.HANG_UP
        assert await records.engagements.open_for_listener(who.staff_id) == []


async def test_due_steps_are_handed_to_one_driver_and_come_back_when_it_dies(
    records: Records,
) -> None:
    for _ in range(10):
        await records.accept(await records.waiting_call(), await records.listener())
    claims = await asyncio.gather(
        *(records.engagements.due_steps(records.now, 4) for _ in range(5))
    )
    claimed = Counter(one.engagement_id for claim in claims for one in claim)
    assert len(claimed) == 10
    assert set(claimed.values()) == {1}
    assert await records.engagements.due_steps(records.now, 20) == []
    again = await records.engagements.due_steps(records.now + timedelta(seconds=4), 20)
    assert len(again) == 10
    assert {one.step_attempts for one in again} == {2}


async def test_a_step_moves_once_and_not_after_the_person_hung_up(records: Records) -> None:
    call, who = await records.waiting_call(), await records.listener()
    engagement_id = (await records.accept(call, who)).taken_after.engagement_id
    move = (EngagementStep.CALL_LISTENER, EngagementStep.LISTENER_RINGING)
    moved = await records.engagements.advance(
        engagement_id, *move, records.now + timedelta(seconds=15), leg_call_sid="CA9"
    )
    assert moved is not None
    assert (moved.leg_call_sid, moved.step_attempts) == ("CA9", 0)
    assert await records.engagements.advance(engagement_id, *move, None) is None
    assert await records.engagements.by_leg("CA9") == moved
    await records.contacts.end(call.contact_id, EndedBy.CORRESPONDENT, "completed", records.now)
    late = await records.engagements.advance(
        engagement_id, EngagementStep.LISTENER_RINGING, EngagementStep.BRING_CALLER, records.now
    )
    assert late is None
    noted = await records.engagements.note_leg(engagement_id, conference_sid="CF9")
    assert (noted.step, noted.leg_call_sid, noted.conference_sid) == ("hang_up", "CA9", "CF9")


async def test_chats_beside_a_call_fit_as_far_as_her_presence_says(records: Records) -> None:
    who = await records.listener(max_chats=3)
    await records.presence.declare(
        who.staff_id,
        who.session_id,
        PresenceState.READY,
        "declared",
        "all",
        3,
        records.now,
        chats_beside_call=1,
    )
    await records.accept(await records.waiting_chat(), who)
    await records.accept(await records.waiting_call(), who)
    with pytest.raises(Conflict) as second_chat:
        await records.accept(await records.waiting_chat(), who)
    with pytest.raises(Conflict) as second_call:
        await records.accept(await records.waiting_call(), who)
    assert second_chat.value.code == second_call.value.code == "over_capacity"


async def test_an_engagement_keeps_where_and_how_long_the_contact_waited_for_it(
    records: Records,
) -> None:
    chat = await records.waiting_chat()
    records.later(42)
    taken = (await records.accept(chat, await records.listener())).taken_after
    assert (taken.queue, taken.waited_ms, taken.level) == ("mineur", 42_000, Level.LISTENING)
