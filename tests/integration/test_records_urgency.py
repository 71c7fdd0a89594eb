"""How urgent a contact is: raised, confirmed and corrected, its place in time kept."""

from collections.abc import AsyncIterator

import pytest

from config.errors import Conflict
from config.ids import new_id
from config.vocabulary import (
    EndedBy,
    Urgency,
    UrgencySource,
)
from records.actor import SYSTEM, Actor
from records.contacts.snapshot import ContactSnapshot
from tests.kit.record_rows import NOW, read
from tests.kit.records_service import U1, Records, open_records

STAFF = Actor.staff(new_id(), new_id())


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[Records]:
    async with open_records(database_url) as opened:
        yield opened


async def kinds(records: Records, contact: ContactSnapshot) -> list[str]:
    return [event.kind.value for event in await records.contacts.timeline(contact.contact_id)]


async def end(records: Records, contact: ContactSnapshot) -> ContactSnapshot:
    return (
        await records.contacts.end(
            contact.contact_id, EndedBy.CORRESPONDENT, "completed", records.now
        )
    ).after


async def test_urgency_moves_the_rank_by_the_difference_and_is_told(records: Records) -> None:
    call = await records.waiting_call()
    raise_it = (call.contact_id, Urgency.U1, 0, 0, UrgencySource.COORDINATOR, "weapon", STAFF)
    raised = (await records.contacts.set_urgency(*raise_it, records.later(), confirmed=True)).after
    assert call.rank is not None
    assert raised.rank == call.rank - (1 << 43) + 600_000
    assert (raised.urgency, raised.version) == (Urgency.U1, call.version + 1)
    assert raised.urgency_confirmed_at == records.now
    again = (await records.contacts.set_urgency(*raise_it, records.later(), confirmed=True)).after
    assert again == raised
    lowered = (
        await records.contacts.set_urgency(
            call.contact_id,
            Urgency.U3,
            1,
            600_000,
            UrgencySource.COORDINATOR,
            "mistaken",
            STAFF,
            records.later(),
            confirmed=False,
        )
    ).after
    assert (lowered.rank, lowered.urgency_confirmed_at) == (call.rank, None)
    assert (await kinds(records, call))[-2:] == ["urgency_raised", "urgency_corrected"]
    audits = await read(
        records.database, "SELECT detail FROM audit WHERE action = 'contact.urgency'"
    )
    assert [row["detail"]["reason"] for row in audits] == ["weapon", "mistaken"]


async def test_a_declared_urgency_is_confirmed_once_and_keeps_its_source(records: Records) -> None:
    call = await records.waiting_call(U1)
    await records.accept(call, await records.listener())
    confirm = (call.contact_id, Urgency.U1, 0, 0, UrgencySource.LISTENER, None, STAFF)
    confirmed = (
        await records.contacts.set_urgency(*confirm, records.later(), confirmed=True)
    ).after
    assert confirmed.urgency_source is UrgencySource.DECLARED
    assert confirmed.urgency_confirmed_at == records.now
    assert (await records.contacts.set_urgency(*confirm, NOW, confirmed=True)).after == confirmed
    assert (await kinds(records, call)).count("urgency_confirmed") == 1


async def test_urgency_is_refused_before_placing_and_after_closing(records: Records) -> None:
    call = await records.call()
    arguments = (call.contact_id, Urgency.U2, 1, 0, UrgencySource.SYSTEM, None, SYSTEM, NOW)
    with pytest.raises(Conflict) as early:
        await records.contacts.set_urgency(*arguments, confirmed=False)
    await end(records, call)
    with pytest.raises(Conflict) as late:
        await records.contacts.set_urgency(*arguments, confirmed=False)
    assert [early.value.code, late.value.code] == ["contact_not_placed", "contact_closed"]
