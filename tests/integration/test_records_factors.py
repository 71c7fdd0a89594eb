"""Urgency factors: kept as answered, raising and never lowering."""

from collections.abc import AsyncIterator

import pytest

from config.errors import Conflict, InvalidInput
from config.vocabulary import ContactEventKind, Urgency, UrgencySource
from records.actor import Actor
from records.contacts.snapshot import ContactSnapshot
from records.contacts.urgency import Rated
from tests.kit.record_rows import read
from tests.kit.records_service import U1, Records, open_records

HEAD_STARTS = {Urgency.U2: 1_800_000, Urgency.U3: 600_000, Urgency.U5: 0}


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[Records]:
    async with open_records(database_url) as opened:
        yield opened


async def tick(
    records: Records, contact: ContactSnapshot, urgency: Urgency, **factors
) -> ContactSnapshot:
    band = 0 if urgency is Urgency.U1 else 1
    who = await records.listener()
    return (
        await records.contacts.tick(
            contact.contact_id,
            factors,
            lambda _ticked: Rated(
                urgency, band, HEAD_STARTS.get(urgency, 0), UrgencySource.FACTORS
            ),
            Actor.staff(who.staff_id),
            records.later(),
        )
    ).after


async def test_a_ticked_factor_raises_the_urgency_and_the_rank_in_one_step(
    records: Records,
) -> None:
    call = await records.waiting_call()
    after = await tick(records, call, Urgency.U2, fugue_lt_48h="yes", arme="unknown")
    assert (after.urgency, after.urgency_source) == (Urgency.U2, UrgencySource.FACTORS)
    assert call.rank is not None
    assert after.rank == call.rank - 1_200_000
    assert (after.version, after.turn) == (call.version + 1, call.turn)
    assert await records.contacts.facts(call.contact_id) == [
        ("urgency_factor", "fugue_lt_48h"),
        ("urgency_factor_unknown", "arme"),
    ]
    assert await records.told(call, ContactEventKind.FACTORS_TICKED) == [
        {"fugue_lt_48h": "yes", "arme": "unknown"}
    ]
    assert len(await records.told(call, ContactEventKind.URGENCY_RAISED)) == 1


async def test_to_immediate_danger_it_changes_the_band(records: Records) -> None:
    call = await records.waiting_call()
    after = await tick(records, call, Urgency.U1, arme="yes")
    assert after.band == 0
    assert call.queued_at is not None
    assert after.rank == U1.rank(call.queued_at)


async def test_an_answer_replaces_the_one_before_and_never_lowers(records: Records) -> None:
    call = await records.waiting_call(U1)  # « weapon » was known at entry
    after = await tick(records, call, Urgency.U5, weapon="no", suicide="no")
    assert (after.urgency, after.rank, after.version) == (Urgency.U1, call.rank, call.version + 1)
    assert await records.contacts.facts(call.contact_id) == [
        ("urgency_factor_no", "suicide"),
        ("urgency_factor_no", "weapon"),
    ]
    again = await tick(records, call, Urgency.U5, weapon="no")
    assert again.version == after.version
    assert len(await records.told(call, ContactEventKind.FACTORS_TICKED)) == 1
    assert len(await read(records.database, "SELECT 1 FROM audit")) == 1


async def test_factors_are_codes_with_one_of_three_answers(records: Records) -> None:
    call = await records.waiting_call()
    for factors in ({"arme": "peut-être"}, {"Il a dit": "yes"}, {f"f{n}": "no" for n in range(61)}):
        with pytest.raises(InvalidInput):
            await tick(records, call, Urgency.U3, **factors)
    assert await records.contacts.get(call.contact_id) == call
    assert await records.contacts.facts(call.contact_id) == []


async def test_an_unplaced_or_closed_contact_is_not_rated(records: Records) -> None:
    arriving = await records.call()
    with pytest.raises(Conflict) as refused:
        await tick(records, arriving, Urgency.U2, arme="yes")
    assert refused.value.code == "contact_not_placed"
