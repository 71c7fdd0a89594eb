"""The end of an offer, told later when whoever should have written it down died."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from config.clock import ManualClock
from config.vocabulary import ContactEventKind
from contactcenter.centre.queue.outcomes import Outcomes
from records.actor import Principal
from records.contacts.contacts import Contacts
from tests.kit.whole_centre import WholeCentre, whole_centre


@pytest.fixture
async def whole(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[WholeCentre]:
    async with whole_centre(database_url, redis_url, tmp_path) as made:
        yield made


async def offered(whole: WholeCentre) -> tuple[Principal, UUID, UUID]:
    ines = await whole.ready()
    contact_id = await whole.chat()
    offer = await whole.centre.staff.offers.current(ines)
    assert offer is not None
    return ines, contact_id, offer.offer_id


def later(whole: WholeCentre, seconds: float) -> Outcomes:
    """Return what tells outcomes, by a clock so far ahead."""
    contacts = Contacts(whole.engines.database, whole.engines.vault)
    clock = ManualClock(whole.centre.clock.now() + timedelta(seconds=seconds))
    return Outcomes(
        whole.engines.router, contacts, whole.helpline, whole.quarantine("offer_outcomes"), clock
    )


async def told(whole: WholeCentre, contact_id: UUID) -> list[tuple[ContactEventKind, bool]]:
    contacts = Contacts(whole.engines.database, whole.engines.vault)
    return [
        (event.kind, bool(event.detail.get("derived")))
        for event in await contacts.timeline(contact_id)
        if event.offer_id is not None
    ]


async def test_a_decline_nobody_wrote_down_is_told_once(whole: WholeCentre) -> None:
    ines, contact_id, offer_id = await offered(whole)
    # The node dies between the index and PostgreSQL.
    await whole.engines.router.decline(offer_id, ines.staff_id, ines.session_id)
    soon = later(whole, 30)
    assert await soon.round() == 0
    outcomes = later(whole, 70)
    assert await outcomes.round() == 1
    assert await outcomes.round() == 0
    assert await later(whole, 200).round() == 0
    assert await told(whole, contact_id) == [
        (ContactEventKind.OFFERED, False),
        (ContactEventKind.OFFER_DECLINED, True),
    ]


async def test_a_living_offer_is_left_and_looked_at_again(whole: WholeCentre) -> None:
    ines, contact_id, offer_id = await offered(whole)
    outcomes = later(whole, 70)
    assert await outcomes.round() == 0
    await whole.engines.router.decline(offer_id, ines.staff_id, ines.session_id)
    assert await outcomes.round() == 1
    assert len(await told(whole, contact_id)) == 2


async def test_what_the_index_forgot_was_taken_back_and_what_was_taken_is_settled(
    whole: WholeCentre,
) -> None:
    _, contact_id, _ = await offered(whole)
    await whole.engines.redis.flushall()
    assert await later(whole, 70).round() == 1
    assert (await told(whole, contact_id))[-1] == (ContactEventKind.OFFER_WITHDRAWN, True)


async def test_an_accepted_offer_needs_no_telling(whole: WholeCentre) -> None:
    ines, contact_id, offer_id = await offered(whole)
    await whole.centre.staff.offers.accept(ines, offer_id)
    assert await later(whole, 70).round() == 0
    assert (await told(whole, contact_id))[-1] == (ContactEventKind.ACCEPTED, False)
