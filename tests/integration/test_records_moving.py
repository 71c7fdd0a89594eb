"""Moving contacts: to another queue, to one listener, to the next level; and longer write-ups."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from config.errors import Conflict, NotFound
from config.ids import new_id
from config.vocabulary import (
    Audience,
    ContactEventKind,
    ContactState,
    EndedBy,
    EngagementState,
    EngagementStep,
    Level,
    Urgency,
    UrgencySource,
)
from records.actor import SYSTEM, Actor
from tests.kit.record_rows import read
from tests.kit.records_service import PRE_ANSWER, U1, U3, Records, open_records

ELSEWHERE = replace(U3, queue="parent_proche", audience=Audience.RELATIVE)
LISTENING = replace(U3, queue="mineur_pour_soi", needs=("lsf",))
HEAD = 3_600_000


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[Records]:
    async with open_records(database_url) as opened:
        yield opened


async def trail(records: Records, action: str) -> list[dict]:
    return await read(
        records.database, "SELECT staff_id, detail FROM audit WHERE action = $1", action
    )


async def test_a_moved_contact_keeps_its_time_and_begins_a_new_turn(records: Records) -> None:
    call, she = await records.waiting_call(), await records.listener()
    actor = Actor.staff(she.staff_id)
    moved = (
        await records.contacts.move(
            call.contact_id, ELSEWHERE, actor, records.later(40), "wrong_queue"
        )
    ).after
    assert (moved.queue, moved.audience, moved.state) == (
        "parent_proche",
        Audience.RELATIVE,
        ContactState.WAITING,
    )
    assert (moved.queued_at, moved.waiting_since, moved.rank) == (
        call.queued_at,
        call.waiting_since,
        call.rank,
    )
    assert (moved.turn, moved.version, moved.home_queue) == (call.turn + 1, call.version + 1, None)
    again = (
        await records.contacts.move(
            call.contact_id, ELSEWHERE, actor, records.later(), "wrong_queue"
        )
    ).after
    assert again == moved
    assert len(await records.told(call, ContactEventKind.MOVED)) == 1
    assert [row["staff_id"] for row in await trail(records, "contact.move")] == [she.staff_id]
    with pytest.raises(Conflict) as refused:
        await records.accept(call, she)  # the offer of the old place
    assert refused.value.code == "contact_gone"


async def test_a_move_raises_the_urgency_and_never_lowers_it(records: Records) -> None:
    calm, urgent = await records.waiting_call(), await records.waiting_call(U1)
    to_u1 = replace(U1, queue="urgence_coordination")
    raised = (
        await records.contacts.move(calm.contact_id, to_u1, SYSTEM, records.now, "danger")
    ).after
    assert (raised.urgency, raised.band) == (Urgency.U1, 0)
    assert raised.rank == to_u1.rank(records.now)
    kept = (
        await records.contacts.move(urgent.contact_id, ELSEWHERE, SYSTEM, records.now, "other")
    ).after
    assert (kept.urgency, kept.band, kept.rank) == (Urgency.U1, 0, urgent.rank)
    assert kept.urgency_source is UrgencySource.DECLARED


async def test_a_queue_that_takes_a_contact_in_keeps_where_it_belongs(records: Records) -> None:
    call = await records.waiting_call(replace(U3, queue="dlpm_specialiste"))
    taken = (
        await records.contacts.move(
            call.contact_id,
            LISTENING,
            SYSTEM,
            records.now,
            "escalation",
            kind=ContactEventKind.TAKEN_IN,
        )
    ).after
    assert (taken.queue, taken.home_queue) == ("mineur_pour_soi", "dlpm_specialiste")
    further = (
        await records.contacts.move(
            call.contact_id, ELSEWHERE, SYSTEM, records.now, "again", kind=ContactEventKind.TAKEN_IN
        )
    ).after
    assert further.home_queue == "dlpm_specialiste"


async def test_an_assigned_contact_is_hers_first_at_the_head_once(records: Records) -> None:
    call, she = await records.waiting_call(), await records.listener()
    other = await records.listener()
    until = records.later(60)
    actor = Actor.staff(other.staff_id)

    async def assign(listener_id, until):
        return (
            await records.contacts.assign(
                call.contact_id, listener_id, until, HEAD, actor, records.now, "knows_her"
            )
        ).after

    first = await assign(she.staff_id, until)
    assert (first.preferred_listener_id, first.preferred_until) == (she.staff_id, until)
    assert call.rank is not None
    assert (first.rank, first.returned) == (call.rank - HEAD, True)
    assert first.turn == call.turn + 1
    assert await assign(she.staff_id, until) == first
    later = await assign(other.staff_id, records.later(60))
    assert (later.rank, later.turn) == (first.rank, first.turn + 1)
    with pytest.raises(NotFound):
        await assign(new_id(), until)
    assert (await records.contacts.get(call.contact_id)) == later


async def test_only_a_waiting_contact_is_moved_or_assigned(records: Records) -> None:
    call, she = await records.waiting_call(), await records.listener()
    await records.talking(call, she)
    with pytest.raises(Conflict) as moved:
        await records.contacts.move(call.contact_id, ELSEWHERE, SYSTEM, records.now, "late")
    with pytest.raises(Conflict) as assigned:
        await records.contacts.assign(
            call.contact_id, she.staff_id, records.now, HEAD, SYSTEM, records.now, "late"
        )
    assert (moved.value.code, assigned.value.code) == ("contact_not_waiting",) * 2
    with pytest.raises(NotFound):
        await records.contacts.move(new_id(), ELSEWHERE, SYSTEM, records.now, "none")


async def test_a_hand_over_keeps_the_arrival_and_the_rank_and_begins_a_new_wait(
    records: Records,
) -> None:
    call, she = await records.waiting_call(PRE_ANSWER), await records.listener()
    records.later(10)
    talking, engagement = await records.talking(call, she)
    assert (engagement.level, engagement.queue) == (Level.PRE_ANSWER, "pre_accueil")
    handed = (
        await records.engagements.hand_over(
            call.contact_id,
            lambda _: LISTENING,
            records.later(60),
            Actor.staff(she.staff_id),
            "triaged",
        )
    ).after
    assert (handed.state, handed.level, handed.needs) == (
        ContactState.WAITING,
        Level.LISTENING,
        ("lsf",),
    )
    assert (handed.queued_at, handed.waiting_since) == (call.queued_at, records.now)
    assert call.queued_at is not None
    assert handed.rank == LISTENING.rank(call.queued_at)
    assert (handed.turn, handed.urgency) == (call.turn + 1, Urgency.U3)
    left = await records.engagements.get(engagement.engagement_id)
    assert left is not None
    assert (left.state, left.step) == (EngagementState.HANDED_OVER, EngagementStep.HANG_UP)
    assert talking.waited_ms == 15_000
    # The second level counts its own wait.
    _, second = await records.talking(handed, await records.listener())
    assert (second.level, second.queue) == (Level.LISTENING, "mineur_pour_soi")
    assert await records.told(call, ContactEventKind.HANDED_OVER) == [
        {
            "from": "pre_accueil",
            "to": "mineur_pour_soi",
            "from_level": "pre_accueil",
            "level": "ecoute",
            "urgency": 3,
            "reason": "triaged",
        }
    ]


async def test_a_hand_over_begins_escalation_anew_and_a_move_does_not(records: Records) -> None:
    call, she = await records.waiting_call(PRE_ANSWER), await records.listener()
    await records.contacts.escalate(call.contact_id, 2, records.now, widened_to=["everybody"])
    moved = (
        await records.contacts.move(
            call.contact_id, replace(PRE_ANSWER, queue="other"), SYSTEM, records.now, "other"
        )
    ).after
    assert (moved.escalated(2), moved.widened_to) == (True, ())
    await records.talking(moved, she)
    handed = (
        await records.engagements.hand_over(
            call.contact_id, lambda _: LISTENING, records.later(), SYSTEM, "triaged"
        )
    ).after
    assert handed.escalations == 0


async def test_a_repeated_hand_over_changes_nothing_and_one_too_early_or_late_is_refused(
    records: Records,
) -> None:
    call, she = await records.waiting_call(PRE_ANSWER), await records.listener()
    accepted = await records.accept(call, she)
    engagement_id = accepted.taken_after.engagement_id

    async def hand_over():
        return (
            await records.engagements.hand_over(
                call.contact_id,
                lambda _: LISTENING,
                records.now,
                Actor.staff(she.staff_id),
                "triaged",
            )
        ).after

    with pytest.raises(Conflict) as early:
        await hand_over()
    assert early.value.code == "call_connecting"
    await records.engagements.connected(engagement_id, records.later())
    results = await asyncio.gather(*(hand_over() for _ in range(6)))
    assert {result.version for result in results} == {results[0].version}
    assert len(await records.told(call, ContactEventKind.HANDED_OVER)) == 1

    _, second = await records.talking(results[0], she)
    await records.contacts.end(call.contact_id, EndedBy.CORRESPONDENT, "completed", records.now)
    engagement_id = second.engagement_id
    with pytest.raises(Conflict) as late:
        await hand_over()
    assert late.value.code == "contact_gone"


async def test_a_chat_is_handed_over_with_its_conversation_open(records: Records) -> None:
    chat, she = await records.waiting_chat(PRE_ANSWER), await records.listener()
    _, engagement = await records.talking(chat, she)
    handed = (
        await records.engagements.hand_over(
            chat.contact_id,
            lambda _: LISTENING,
            records.later(),
            Actor.staff(she.staff_id),
            "triaged",
        )
    ).after
    left = await records.engagements.get(engagement.engagement_id)
    assert left is not None
    assert (left.state, left.step) == (EngagementState.HANDED_OVER, EngagementStep.NONE)
    rows = await read(records.database, "SELECT open FROM conversation")
    assert [row["open"] for row in rows] == [True]
    assert (await records.accept(handed, await records.listener())).happened


async def test_a_write_up_is_extended_so_often_and_not_once_its_time_is_over(
    records: Records,
) -> None:
    call, she = await records.waiting_call(), await records.listener()
    await records.talking(call, she)
    await records.contacts.end(call.contact_id, EndedBy.CORRESPONDENT, "completed", records.now)
    before = await records.engagements.open_for_contact(call.contact_id)
    assert before is not None
    assert before.wrap_up_until is not None

    async def extend(now=None):
        return (
            await records.engagements.extend_wrap_up(
                call.contact_id,
                Actor.staff(she.staff_id),
                timedelta(minutes=5),
                2,
                now or records.now,
            )
        ).taken_after

    assert (await extend()).wrap_up_until == before.wrap_up_until + timedelta(minutes=5)
    longer = await extend()
    assert (longer.wrap_up_until, longer.wrap_up_extensions) == (
        before.wrap_up_until + timedelta(minutes=10),
        2,
    )
    with pytest.raises(Conflict) as limit:
        await extend()
    with pytest.raises(Conflict) as over:
        await extend(longer.wrap_up_until)
    assert (limit.value.code, over.value.code) == ("wrap_up_limit", "wrap_up_over")
    other = await records.listener()
    with pytest.raises(Conflict):
        await records.engagements.extend_wrap_up(
            call.contact_id, Actor.staff(other.staff_id), timedelta(minutes=5), 2, records.now
        )
