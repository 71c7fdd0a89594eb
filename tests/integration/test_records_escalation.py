"""Escalation steps: due once in a wait, applied whole or not at all."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from config.errors import InvalidInput
from config.vocabulary import Channel, ContactEventKind, FollowUpKind, Urgency
from records.follow_ups import FollowUpWanted
from tests.kit.record_rows import LINE, read
from tests.kit.records_service import U1, U3, Records, open_records

ALL = list(Urgency)
CALLS = [("mineur", Channel.CALL)]
SPECIALISTS = replace(U3, queue="dlpm_specialiste", needs=("lsf",))
TASK = FollowUpWanted(FollowUpKind.SPECIALIST, "dlpm_specialiste", None, "taken_in")


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[Records]:
    async with open_records(database_url) as opened:
        yield opened


async def due(records: Records, step: int, seconds: int, **given) -> list:
    asked = {"urgencies": ALL, "pairs": CALLS, "limit": 50, "line_ids": [LINE]} | given
    before = records.now - timedelta(seconds=seconds)
    found = await records.contacts.due_escalations(step, before, **asked)
    return [contact.contact_id for contact in found]


async def test_a_step_is_due_for_those_who_waited_so_long_in_its_queues_and_urgencies(
    records: Records,
) -> None:
    first = (await records.waiting_call()).contact_id
    records.later(10)
    second = (await records.waiting_call(U1)).contact_id
    chat = (await records.waiting_chat()).contact_id
    other = (await records.waiting_call(SPECIALISTS)).contact_id
    assert await due(records, 0, 10) == [first]
    records.later(10)
    assert await due(records, 0, 10) == [first, second]
    assert await due(records, 0, 10, limit=1) == [first]
    assert await due(records, 0, 10, urgencies=[Urgency.U1]) == [second]
    assert await due(records, 0, 10, line_ids=["another"]) == []
    assert await due(records, 0, 10, pairs=[("mineur", Channel.CHAT)]) == [chat]
    both = [("mineur", Channel.CHAT), ("dlpm_specialiste", Channel.CALL)]
    assert set(await due(records, 0, 10, pairs=both)) == {chat, other}
    assert await due(records, 0, 10, pairs=[("dlpm_specialiste", Channel.CHAT)]) == []


async def test_a_step_is_applied_once_and_the_others_stay_due(records: Records) -> None:
    call = await records.waiting_call()
    records.later(60)
    applied = await asyncio.gather(
        *(
            records.contacts.escalate(call.contact_id, 61, records.now, widened_to=["parents"])
            for _ in range(5)
        )
    )
    done = [change.after for change in applied if change is not None]
    assert len(done) == 1
    assert (done[0].version, done[0].turn) == (call.version + 1, call.turn)
    assert done[0].widened_to == ("parents",)
    assert done[0].escalated(61)
    assert not done[0].escalated(60)
    assert await due(records, 61, 30) == []
    assert await due(records, 60, 30) == [call.contact_id]
    assert await records.told(call, ContactEventKind.ESCALATED) == [{"step": 61}]


async def test_queues_add_up_without_its_own_and_needs_can_be_given_up(records: Records) -> None:
    call = await records.waiting_call(SPECIALISTS)
    await records.contacts.escalate(call.contact_id, 0, records.now, widened_to=["b", "a"])
    change = await records.contacts.escalate(
        call.contact_id,
        1,
        records.now,
        widened_to=["dlpm_specialiste", "b"],
        drop_needs=True,
    )
    assert change is not None
    after = change.after
    assert (after.widened_to, after.needs, after.queue) == (("a", "b"), (), "dlpm_specialiste")


async def test_a_take_in_commits_whole_with_its_task_and_its_place_in_time(
    records: Records,
) -> None:
    call = await records.waiting_call(SPECIALISTS)
    records.later(30)
    change = await records.contacts.escalate(
        call.contact_id, 5, records.now, take_in=replace(U3, queue="mineur"), follow_up=TASK
    )
    assert change is not None
    taken = change.after
    assert (taken.queue, taken.home_queue) == ("mineur", "dlpm_specialiste")
    assert (taken.turn, taken.waiting_since) == (call.turn + 1, call.waiting_since)
    assert taken.escalated(5)
    assert (taken.rank, taken.queued_at) == (call.rank, call.queued_at)
    tasks = await read(records.database, "SELECT kind, queue, state, note_code FROM follow_up")
    assert tasks == [
        {
            "kind": "specialist",
            "queue": "dlpm_specialiste",
            "state": "open",
            "note_code": "taken_in",
        }
    ]
    assert len(await records.told(call, ContactEventKind.TAKEN_IN)) == 1
    assert len(await records.told(call, ContactEventKind.FOLLOW_UP_CREATED)) == 1


async def test_a_step_that_fails_half_way_leaves_nothing(records: Records) -> None:
    call = await records.waiting_call(SPECIALISTS)
    strange = replace(TASK, note_code="Pas un code")
    with pytest.raises(InvalidInput):
        await records.contacts.escalate(call.contact_id, 5, records.now, follow_up=strange)
    assert await records.contacts.get(call.contact_id) == call
    with pytest.raises(InvalidInput):
        await records.contacts.escalate(call.contact_id, 62, records.now)


async def test_a_contact_that_waits_no_more_is_escalated_no_more(records: Records) -> None:
    call, she = await records.waiting_call(), await records.listener()
    await records.accept(call, she)
    assert await records.contacts.escalate(call.contact_id, 0, records.now) is None
    assert await due(records, 0, 0) == []


async def test_a_failed_connection_keeps_the_wait_and_a_lost_listener_begins_another(
    records: Records,
) -> None:
    call, she = await records.waiting_call(), await records.listener()
    records.later(60)
    await records.contacts.escalate(call.contact_id, 0, records.now)
    accepted = await records.accept(await records.contacts.get(call.contact_id), she)
    engagement_id = accepted.taken_after.engagement_id
    back = (
        await records.engagements.not_connected(engagement_id, "no_answer", records.later(20))
    ).after
    assert back.escalated(0)
    assert await due(records, 1, 70) == [call.contact_id]

    await records.talking(back, she)
    again = (
        await records.engagements.return_contact(
            call.contact_id, "listener_lost", records.later(60), returned_to_head=True
        )
    ).after
    assert not again.escalated(0)
    records.later(5)
    assert await due(records, 0, 30) == []
    records.later(30)
    assert await due(records, 0, 30) == [call.contact_id]
