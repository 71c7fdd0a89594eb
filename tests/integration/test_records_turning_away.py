"""Closing at once: whom nobody has answered, and what is stuck."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from config.errors import Conflict, InvalidInput
from config.vocabulary import (
    ContactEventKind,
    ContactState,
    Disposition,
    EndedBy,
    EngagementState,
    FollowUpKind,
)
from records.actor import CORRESPONDENT, Actor
from records.follow_ups import FollowUpWanted
from tests.kit.record_rows import read
from tests.kit.records_service import U1, Records, open_records


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[Records]:
    async with open_records(database_url) as opened:
        yield opened


async def test_a_call_out_of_hours_is_deterred_and_recorded_once(records: Records) -> None:
    call = await records.call()
    closed = (
        await records.contacts.turn_away(
            call.contact_id, Disposition.DETERRED, "closed", records.later(3)
        )
    ).after
    assert (closed.state, closed.disposition) == (ContactState.CLOSED, Disposition.DETERRED)
    assert (closed.ended_by, closed.waited_ms) == (EndedBy.SYSTEM, 3_000)
    again = (
        await records.contacts.turn_away(
            call.contact_id, Disposition.HANDED_OUTSIDE, "other", records.later()
        )
    ).after
    assert again == closed
    assert await records.told(call, ContactEventKind.CLOSED) == [
        {"disposition": "deterred", "reason": "closed", "code": None}
    ]


async def test_nobody_in_immediate_danger_is_deterred(records: Records) -> None:
    call = await records.waiting_call(U1)
    with pytest.raises(Conflict) as refused:
        await records.contacts.turn_away(
            call.contact_id, Disposition.DETERRED, "closed", records.now
        )
    assert refused.value.code == "immediate_danger"
    assert await records.contacts.get(call.contact_id) == call


async def test_a_callback_agreed_closes_the_call_with_its_task_in_one_commit(
    records: Records,
) -> None:
    call = await records.waiting_call()
    due = records.now + timedelta(hours=1)
    closed = (
        await records.contacts.turn_away(
            call.contact_id,
            Disposition.HANDED_OUTSIDE,
            "callback_agreed",
            records.later(200),
            ended_by=EndedBy.CORRESPONDENT,
            actor=CORRESPONDENT,
            follow_up=FollowUpWanted(FollowUpKind.CALLBACK, "mineur", due),
        )
    ).after
    assert (closed.disposition, closed.waited_ms) == (Disposition.HANDED_OUTSIDE, 200_000)
    tasks = await read(records.database, "SELECT contact_id, due_at FROM follow_up")
    assert tasks == [{"contact_id": call.contact_id, "due_at": due}]
    assert len(await records.told(call, ContactEventKind.CALLBACK_AGREED)) == 1


async def test_the_service_closes_nobody_whom_somebody_has(records: Records) -> None:
    call = await records.waiting_call()
    await records.accept(call, await records.listener())
    with pytest.raises(Conflict) as refused:
        await records.contacts.turn_away(
            call.contact_id, Disposition.HANDED_OUTSIDE, "late", records.now
        )
    assert refused.value.code == "contact_taken"


@pytest.mark.parametrize("reached", ["connecting", "talking", "ended"])
async def test_staff_close_a_stuck_contact_in_any_state(records: Records, reached: str) -> None:
    chat, she = await records.waiting_call(), await records.listener()
    if reached == "connecting":
        await records.accept(chat, she)
    else:
        await records.talking(chat, she)
    if reached == "ended":
        await records.contacts.end(chat.contact_id, EndedBy.CORRESPONDENT, "gone", records.now)
    closed = (
        await records.contacts.turn_away(
            chat.contact_id,
            Disposition.NON_CONTENT,
            "stuck",
            records.later(),
            ended_by=EndedBy.COORDINATOR,
            actor=Actor.staff(she.staff_id),
            non_content_code="test",
        )
    ).after
    assert closed.state is ContactState.CLOSED
    by = EndedBy.CORRESPONDENT if reached == "ended" else EndedBy.COORDINATOR
    assert closed.ended_by is by
    (left,) = await records.engagements.of_contact(chat.contact_id)
    over = EngagementState.NOT_CONNECTED if reached == "connecting" else EngagementState.DONE
    assert left.state is over
    assert len(await records.told(chat, ContactEventKind.ENDED)) == 1
    trail = await read(records.database, "SELECT detail FROM audit ORDER BY audit_id DESC LIMIT 1")
    assert trail[0]["detail"]["reason"] == "stuck"
    again = await records.listener()
    assert (await records.accept(await records.waiting_call(), again)).happened


async def test_a_closed_chat_takes_no_line_and_codes_must_agree(records: Records) -> None:
    chat = await records.waiting_chat()
    with pytest.raises(InvalidInput):
        await records.contacts.turn_away(
            chat.contact_id, Disposition.NON_CONTENT, "stuck", records.now
        )
    await records.contacts.turn_away(chat.contact_id, Disposition.DETERRED, "full", records.now)
    rows = await read(records.database, "SELECT open FROM conversation")
    assert [row["open"] for row in rows] == [False]


async def test_staff_never_call_unanswered_whom_somebody_has_just_answered(
    records: Records,
) -> None:
    # What the screen showed is older than what the lock finds: figures read the disposition.
    she = await records.listener()
    actor = Actor.staff(she.staff_id)
    chat, call = await records.waiting_chat(), await records.waiting_call()
    await records.accept(chat, she)
    for disposition in (Disposition.ABANDONED, Disposition.DETERRED):
        with pytest.raises(InvalidInput):
            await records.contacts.turn_away(
                chat.contact_id, disposition, "stuck", records.now, actor=actor
            )
    with pytest.raises(InvalidInput):
        await records.contacts.turn_away(
            call.contact_id, Disposition.TREATED, "stuck", records.now, actor=actor
        )
    assert (await records.contacts.get(chat.contact_id)).state is ContactState.ACTIVE
    assert await records.contacts.get(call.contact_id) == call
