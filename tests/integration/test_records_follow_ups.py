"""Follow-ups: one of each kind for a contact, one holder each, all in the trail."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from config.errors import Conflict, NotAllowed, NotFound
from config.ids import new_id
from config.vocabulary import (
    ContactEventKind,
    EndedBy,
    FollowUpKind,
    FollowUpState,
    NumberReason,
    Role,
)
from records.access import access_contact
from records.actor import CORRESPONDENT, Principal
from records.follow_ups import FollowUp, FollowUps, FollowUpWanted
from records.policy import Right
from tests.kit.principals import principal_of
from tests.kit.record_rows import LINE, add_staff, read
from tests.kit.records_service import Records, open_records

SPECIALIST = FollowUpWanted(FollowUpKind.SPECIALIST, "dlpm_specialiste")
CALLBACK = FollowUpWanted(FollowUpKind.CALLBACK, "parent_proche")
NUMBER = "+33199000123"


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[Records]:
    async with open_records(database_url) as opened:
        yield opened


@pytest.fixture
def follow_ups(records: Records) -> FollowUps:
    return FollowUps(records.database, records.vault)


async def person(records: Records, role: Role = Role.LISTENER, line: str = LINE) -> Principal:
    async with records.database.transaction() as tx:
        staff_id = await add_staff(tx, role)
    return principal_of(staff_id, role, frozenset({line}), new_id())


async def task(records: Records, follow_ups: FollowUps, wanted=SPECIALIST) -> FollowUp:
    call = await records.waiting_call()
    return await follow_ups.create(call.contact_id, wanted, records.now)


async def test_one_of_each_kind_for_a_contact_however_often_it_is_asked_for(
    records: Records, follow_ups: FollowUps
) -> None:
    call = await records.waiting_call()
    made = await asyncio.gather(
        *(follow_ups.create(call.contact_id, SPECIALIST, records.now) for _ in range(6))
    )
    assert len({each.follow_up_id for each in made}) == 1
    assert (made[0].state, made[0].line_id, made[0].version) == (FollowUpState.OPEN, LINE, 1)
    due = records.now + timedelta(hours=14)
    callback = FollowUpWanted(FollowUpKind.CALLBACK, "mineur_pour_soi", due, "evening")
    agreed = await follow_ups.create(call.contact_id, callback, records.now, CORRESPONDENT)
    assert agreed.due_at == due
    told = {"kind": "callback", "queue": "mineur_pour_soi"}
    assert await records.told(call, ContactEventKind.CALLBACK_AGREED) == [told]
    assert len(await records.told(call, ContactEventKind.FOLLOW_UP_CREATED)) == 2
    with pytest.raises(NotFound):
        await follow_ups.create(new_id(), SPECIALIST, records.now)


async def test_the_list_is_of_her_lines_the_first_due_first(
    records: Records, follow_ups: FollowUps
) -> None:
    undated = await task(records, follow_ups)
    later, sooner = [
        await task(
            records,
            follow_ups,
            FollowUpWanted(FollowUpKind.CALLBACK, "parent_proche", records.now + wait),
        )
        for wait in (timedelta(hours=2), timedelta(hours=1))
    ]
    she = await person(records)
    listed = await follow_ups.list_open(she)
    assert [each.follow_up_id for each in listed] == [
        sooner.follow_up_id,
        later.follow_up_id,
        undated.follow_up_id,
    ]
    hers = await follow_ups.list_open(she, queues={"dlpm_specialiste"})
    assert [each.follow_up_id for each in hers] == [undated.follow_up_id]
    assert await follow_ups.list_open(await person(records, line="another")) == []
    assert await follow_ups.list_open(await person(records, Role.ANALYST)) == []
    await follow_ups.claim(she, sooner.follow_up_id, records.now)
    await follow_ups.done(she, sooner.follow_up_id, "reached", records.now)
    assert len(await follow_ups.list_open(she)) == 2


async def test_of_those_who_claim_it_at_once_one_has_it(
    records: Records, follow_ups: FollowUps
) -> None:
    made = await task(records, follow_ups)
    people = [await person(records) for _ in range(5)]
    outcomes = await asyncio.gather(
        *(follow_ups.claim(each, made.follow_up_id, records.now) for each in people),
        return_exceptions=True,
    )
    won = [each for each in outcomes if isinstance(each, FollowUp)]
    assert len(won) == 1
    assert {each.code for each in outcomes if isinstance(each, Conflict)} == {"follow_up_claimed"}
    holder = next(each for each in people if each.staff_id == won[0].claimed_by)
    assert await follow_ups.claim(holder, made.follow_up_id, records.now) == won[0]
    assert len(await read(records.database, "SELECT 1 FROM audit")) == 1


async def test_only_who_claimed_it_or_a_coordinator_finishes_it(
    records: Records, follow_ups: FollowUps
) -> None:
    made = (await task(records, follow_ups)).follow_up_id
    she, other = await person(records), await person(records)
    with pytest.raises(Conflict) as unclaimed:
        await follow_ups.done(she, made, "reached", records.now)
    assert unclaimed.value.code == "follow_up_not_claimed"
    await follow_ups.claim(she, made, records.now)
    with pytest.raises(NotAllowed):
        await follow_ups.drop(other, made, "refused", records.now)
    done = await follow_ups.done(she, made, "reached", records.later())
    assert (done.state, done.done_by, done.outcome_code) == (
        FollowUpState.DONE,
        she.staff_id,
        "reached",
    )
    assert await follow_ups.done(she, made, "reached", records.later()) == done
    for late in (
        follow_ups.claim(other, made, records.now),
        follow_ups.drop(she, made, "no", records.now),
    ):
        with pytest.raises(Conflict) as over:
            await late
        assert over.value.code == "follow_up_over"
    another = await task(records, follow_ups)
    coordinator = await person(records, Role.COORDINATOR)
    dropped = await follow_ups.drop(coordinator, another.follow_up_id, "duplicate", records.now)
    assert dropped.state is FollowUpState.DROPPED


async def test_who_may_not_is_refused_and_the_refusal_is_in_the_trail(
    records: Records, follow_ups: FollowUps
) -> None:
    made = (await task(records, follow_ups)).follow_up_id
    officer = await person(records, Role.DATA_OFFICER)
    with pytest.raises(NotAllowed):
        await follow_ups.claim(officer, made, records.now)
    with pytest.raises(NotFound):
        await follow_ups.claim(await person(records, line="another"), made, records.now)
    rows = await read(records.database, "SELECT action, object_kind, object_id FROM audit")
    assert rows == [{"action": "access_refused", "object_kind": "follow_up", "object_id": made}]


async def test_claiming_opens_the_contact_and_finishing_closes_it_again(
    records: Records, follow_ups: FollowUps
) -> None:
    made = await task(records, follow_ups)
    await records.contacts.end(made.contact_id, EndedBy.CORRESPONDENT, "completed", records.later())
    she = await person(records)
    rights = (Right.CONTACT_READ, Right.CONTACT_CONTENT_READ, Right.CONTACT_NUMBER_READ)

    async def readable() -> list[bool]:
        found = []
        for right in rights:
            async with records.database.reading() as tx:
                try:
                    await access_contact(tx, she, made.contact_id, right, records.now)
                except NotAllowed:
                    found.append(False)
                else:
                    found.append(True)
        return found

    assert await readable() == [False] * 3
    await follow_ups.claim(she, made.follow_up_id, records.now)
    assert await readable() == [True] * 3
    await follow_ups.done(she, made.follow_up_id, "reached", records.now)
    assert await readable() == [False] * 3


async def test_whoever_claimed_a_callback_reads_its_number_and_every_reading_is_traced(
    records: Records, follow_ups: FollowUps
) -> None:
    call = await records.call(number=NUMBER)
    owed = await follow_ups.create(call.contact_id, CALLBACK, records.now)
    other_kind = await follow_ups.create(call.contact_id, SPECIALIST, records.now)
    she, colleague = await person(records), await person(records)
    coordinator = await person(records, Role.COORDINATOR)

    async def reads(who: Principal, follow_up: FollowUp = owed) -> str:
        reason = NumberReason.CALL_BACK
        return await follow_ups.read_number(who, follow_up.follow_up_id, reason, records.now)

    for nobody_yet in (she, coordinator):
        with pytest.raises(Conflict) as unclaimed:
            await reads(nobody_yet)
        assert unclaimed.value.code == "follow_up_not_claimed"
    for each in (owed, other_kind):
        await follow_ups.claim(she, each.follow_up_id, records.now)
    assert [await reads(she), await reads(she)] == [NUMBER, NUMBER]
    # Hers alone: of a colleague's, not even a coordinator reads it without taking it on.
    for another in (colleague, coordinator):
        with pytest.raises(NotAllowed):
            await reads(another)
    with pytest.raises(NotFound):
        await reads(await person(records, line="another"))
    with pytest.raises(NotFound):
        await reads(she, other_kind)
    await follow_ups.done(she, owed.follow_up_id, "reached", records.now)
    with pytest.raises(Conflict) as over:
        await reads(she)
    assert over.value.code == "follow_up_over"
    rows = await read(records.database, "SELECT * FROM audit WHERE action = 'contact.read_number'")
    told = {"reason": "call_back", "follow_up": str(owed.follow_up_id)}
    assert [(row["staff_id"], row["object_id"], row["detail"]) for row in rows] == [
        (she.staff_id, call.contact_id, told)
    ] * 2
    refused = await read(records.database, "SELECT 1 FROM audit WHERE action = 'access_refused'")
    assert len(refused) == 2


async def test_a_withheld_number_is_not_found_and_nothing_is_traced(
    records: Records, follow_ups: FollowUps
) -> None:
    call = await records.call(number=None)
    owed = (await follow_ups.create(call.contact_id, CALLBACK, records.now)).follow_up_id
    she = await person(records)
    await follow_ups.claim(she, owed, records.now)
    with pytest.raises(NotFound) as none:
        await follow_ups.read_number(she, owed, NumberReason.CALL_BACK, records.now)
    assert none.value.code == "no_number"
    assert await read(records.database, "SELECT 1 FROM audit WHERE action LIKE '%number%'") == []
