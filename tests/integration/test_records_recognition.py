"""Recognising a number that comes back, without ever reading it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from config.errors import NotFound
from config.ids import new_id
from config.vocabulary import Audience, EndedBy, Role
from records.cases import Cases
from records.contacts.recognition import Recognised
from records.contacts.snapshot import ContactSnapshot
from tests.kit.principals import principal_of
from tests.kit.record_rows import LINE, add_line, run
from tests.kit.records_service import U1, U3, Listening, Records, open_records

NUMBER = "+33612345678"


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[Records]:
    async with open_records(database_url) as opened:
        yield opened


async def recognise(records: Records, contact: ContactSnapshot) -> Recognised:
    return await records.contacts.recognise(
        contact.contact_id,
        records.now,
        returning=timedelta(minutes=30),
        short_within=timedelta(minutes=60),
        short_seconds=60,
        repeat_within=timedelta(days=30),
    )


async def earlier_call(records: Records, talk: float, who: Listening | None = None):
    """Let a call be answered, last so many seconds, and drop."""
    call = await records.waiting_call(U1)
    await records.talking(call, who or await records.listener())
    await records.contacts.end(
        call.contact_id, EndedBy.CORRESPONDENT, "dropped", records.later(talk)
    )
    return call


async def test_a_dropped_call_is_recognised_with_its_listener_and_how_long_they_talked(
    records: Records,
) -> None:
    she = await records.listener()
    before = await earlier_call(records, 90, she)
    dropped_at = records.now
    records.later(120)
    found = await recognise(records, await records.call(NUMBER))
    assert found.last is not None
    assert (found.last.contact_id, found.last.listener_id) == (before.contact_id, she.staff_id)
    assert (found.last.ended_at, found.last.ended_by) == (dropped_at, EndedBy.CORRESPONDENT)
    assert (found.last.end_reason, found.last.audience) == ("dropped", Audience.MINOR)
    assert found.last.talked_seconds == 90
    assert (found.short_count, found.repeat_count, found.follower_id) == (0, 1, None)


async def test_a_call_whose_end_was_not_reported_yet_is_recognised_too(records: Records) -> None:
    call = await records.waiting_call()
    await records.talking(call, await records.listener())
    records.later(4000)
    found = await recognise(records, await records.call(NUMBER))
    assert found.last is not None
    assert (found.last.contact_id, found.last.ended_at) == (call.contact_id, None)


async def test_long_ago_is_no_return_and_other_numbers_and_lines_are_nobody(
    records: Records,
) -> None:
    await earlier_call(records, 90)
    records.later(31 * 60)
    found = await recognise(records, await records.call(NUMBER))
    assert (found.last, found.repeat_count) == (None, 1)
    assert await recognise(records, await records.call("+33699999999")) == Recognised()
    assert await recognise(records, await records.call(None)) == Recognised()
    assert await recognise(records, await records.waiting_chat()) == Recognised()
    async with records.database.transaction() as tx:
        await add_line(tx, "snated")
    elsewhere, _ = await records.contacts.take_in_call(
        new_id(), "snated", "AC1", "CAother", NUMBER, "fr", "test", records.now, records.now
    )
    assert await recognise(records, elsewhere) == Recognised()
    with pytest.raises(NotFound):
        await records.contacts.recognise(
            new_id(),
            records.now,
            returning=timedelta(0),
            short_within=timedelta(0),
            short_seconds=1,
            repeat_within=timedelta(0),
        )


async def test_short_contacts_are_counted_whether_or_not_anybody_answered(
    records: Records,
) -> None:
    await earlier_call(records, 20)
    hung_up = await records.waiting_call(U3)
    await records.contacts.end(
        hung_up.contact_id, EndedBy.CORRESPONDENT, "completed", records.later(10)
    )
    patient = await records.waiting_call(U3)
    await records.contacts.end(
        patient.contact_id, EndedBy.CORRESPONDENT, "completed", records.later(300)
    )
    await earlier_call(records, 100)
    found = await recognise(records, await records.call(NUMBER))
    assert (found.short_count, found.repeat_count) == (2, 4)
    records.later(3600)
    found = await recognise(records, await records.call(NUMBER))
    assert (found.short_count, found.repeat_count) == (0, 5)


async def test_the_follower_of_the_open_case_is_found(records: Records) -> None:
    she = await records.listener()
    before = await earlier_call(records, 90, she)
    subject = principal_of(she.staff_id, Role.LISTENER, frozenset({LINE}), she.session_id)
    cases = Cases(records.database, records.vault)
    case = await cases.create(subject, LINE, records.now)
    await cases.attach(subject, case.header.case_id, before.contact_id, records.now)
    async with records.database.transaction() as tx:
        await run(tx, "UPDATE case_file SET follower_id = $1", she.staff_id)
    records.later(86_400)
    coming = await records.call(NUMBER)
    assert (await recognise(records, coming)).follower_id == she.staff_id
    async with records.database.transaction() as tx:
        await run(tx, "UPDATE staff SET active = false")
    assert (await recognise(records, coming)).follower_id is None
