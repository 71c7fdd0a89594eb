"""Presence and the end of contacts, in the real centre over real engines."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from chat.centre import Opening
from config.errors import InvalidInput
from config.vocabulary import Audience, Disposition, PresenceState, Sender, Urgency
from contactcenter.auth.principal import Principal
from records.messages import Messages
from tests.kit.whole_centre import WholeCentre, whole_centre


@pytest.fixture
async def whole(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[WholeCentre]:
    async with whole_centre(database_url, redis_url, tmp_path) as made:
        yield made


async def taken(whole: WholeCentre, listener: Principal) -> UUID:
    await whole.centre.conversations.open_conversation(Opening(Audience.RELATIVE))
    return await whole.take(listener)


async def presence(whole: WholeCentre, listener: Principal) -> tuple[PresenceState, str | None]:
    view = await whole.centre.staff.presence.current(listener)
    return view.state, view.reason


async def test_ready_again_is_never_automatic_after_immediate_danger(whole: WholeCentre) -> None:
    ines = await whole.ready()
    contact_id = await taken(whole, ines)
    desk = whole.centre.staff.contacts
    await desk.set_urgency(ines, contact_id, Urgency.U1, reason=None, confirm=True)
    await desk.end(ines, contact_id)
    assert await presence(whole, ines) == (PresenceState.BREAK, "hard_contact")
    await desk.close(ines, contact_id, Disposition.NON_CONTENT, "muet")
    await whole.centre.conversations.open_conversation(Opening())
    assert await whole.centre.staff.offers.current(ines) is None


async def test_whose_telephone_cannot_be_rung_is_not_ready_by_the_desks_own_word(
    whole: WholeCentre,
) -> None:
    ines = await whole.ready()
    declare = whole.centre.staff.presence.declare
    view = await declare(ines, PresenceState.CHECK_AUDIO)
    assert (view.state, view.reason) == (PresenceState.CHECK_AUDIO, "telephone_lost")
    await whole.centre.conversations.open_conversation(Opening())
    assert await whole.centre.staff.offers.current(ines) is None
    await declare(ines, PresenceState.READY)
    assert await whole.centre.staff.offers.current(ines) is not None
    # It changes who is ready, and nobody else.
    for state in (PresenceState.BREAK, PresenceState.OFFLINE):
        await declare(ines, state)
        assert (await declare(ines, PresenceState.CHECK_AUDIO)).state is state


async def test_after_a_calm_contact_the_next_is_offered_once_it_is_closed(
    whole: WholeCentre,
) -> None:
    ines = await whole.ready()
    contact_id = await taken(whole, ines)
    desk = whole.centre.staff.contacts
    await desk.end(ines, contact_id)
    await desk.close(ines, contact_id, Disposition.NON_CONTENT, "muet")
    assert await presence(whole, ines) == (PresenceState.READY, None)
    await whole.centre.conversations.open_conversation(Opening())
    assert await whole.centre.staff.offers.current(ines) is not None


async def test_signing_out_takes_nothing_more_and_gives_the_offer_back(whole: WholeCentre) -> None:
    ines = await whole.ready("ines")
    await whole.centre.conversations.open_conversation(Opening())
    assert await whole.centre.staff.offers.current(ines) is not None
    await whole.centre.staff.presence.leave(ines)
    malik = await whole.ready("malik")
    assert await whole.centre.staff.offers.current(malik) is not None
    assert await presence(whole, ines) == (PresenceState.OFFLINE, "signed_out")


async def test_an_answered_contact_is_never_closed_as_abandoned(whole: WholeCentre) -> None:
    ines = await whole.ready()
    contact_id = await taken(whole, ines)
    desk = whole.centre.staff.contacts
    await desk.end(ines, contact_id)
    for disposition in (Disposition.ABANDONED, Disposition.DETERRED):
        with pytest.raises(InvalidInput) as refused:
            await desk.close(ines, contact_id, disposition, None)
        assert refused.value.field == "disposition"


async def test_a_chat_goes_back_at_once_when_its_listener_signs_out(whole: WholeCentre) -> None:
    ines = await whole.ready("ines")
    contact_id = await taken(whole, ines)
    await whole.centre.staff.presence.leave(ines)
    await whole.centre.sweep.return_orphans()
    malik = await whole.ready("malik")
    offer = await whole.centre.staff.offers.current(malik)
    assert offer is not None
    assert offer.contact_id == contact_id


async def test_a_listener_who_goes_offline_finishes_what_is_open(whole: WholeCentre) -> None:
    ines = await whole.ready()
    contact_id = await taken(whole, ines)
    await whole.centre.staff.presence.declare(ines, PresenceState.OFFLINE)
    await whole.centre.sweep.return_orphans()
    view = await whole.centre.staff.contacts.view(ines, contact_id)
    assert view.state == "active"
    assert view.engagement is not None
    assert view.engagement.listener_id == ines.staff_id


async def test_a_line_whose_wake_up_was_lost_is_told_all_the_same(whole: WholeCentre) -> None:
    ines = await whole.ready()
    contact_id = await taken(whole, ines)
    async with whole.centre.live.subscribe(ines) as events, asyncio.timeout(10):
        # Stored behind the centre's back: nobody is woken.
        other = Messages(whole.engines.database, whole.engines.vault)
        async with other.running():
            await other.append(contact_id, Sender.VISITOR, uuid4(), "sans réveil")
        await whole.centre.live.catch_up()
        async for event in events:
            if event.type == "message" and event.message.text == "sans réveil":
                break
