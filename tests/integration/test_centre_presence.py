"""Presence and the end of contacts, in the real centre over real engines."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from chat.centre import Opening
from config.clock import SystemClock
from config.errors import InvalidInput, NotAllowed
from config.vocabulary import Audience, Disposition, EndedBy, PresenceState, Sender, Urgency
from contactcenter.centre.live_events import ContactLost, LiveEvent
from records.actor import Principal
from records.contacts.contacts import Contacts
from records.figures import LevelFigures
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


async def test_a_chat_whose_listener_closed_her_page_was_lost_and_not_given_up(
    whole: WholeCentre,
) -> None:
    ines, desk = await whole.ready("ines"), whole.centre.staff.contacts
    contact_id = await taken(whole, ines)
    now = SystemClock().now()
    # Her lease ran out longer ago than the grace lasts.
    store = whole.centre.staff.presence
    long_ago = now - timedelta(seconds=whole.helpline.limits.chat_grace_seconds + 1)
    await store.conclude(ines.staff_id, PresenceState.OFFLINE, "lease_lost", long_ago)
    await whole.centre.sweep.return_orphans()
    (loss,) = await desk.losses(ines)
    assert (loss.contact_id, loss.state, loss.is_gone) == (contact_id, "waiting", False)
    async with whole.centre.staff.live.subscribe(ines) as events:
        told = [event async for event in _until_loss(events)]
        assert (told[-1].contact_id, told[-1].lost_at) == (contact_id, loss.lost_at)
    # Said again, it is no hand-over of hers.
    with pytest.raises(NotAllowed):
        await desk.hand_over(ines, contact_id, "temoin", needs=None, urgency=None, listener_id=None)
    contacts = Contacts(whole.engines.database, whole.engines.vault)
    waited = (await desk.view(ines, contact_id)).waited_seconds
    ending = await contacts.end(contact_id, EndedBy.CORRESPONDENT, "left", SystemClock().now())
    await whole.centre.effects.follow(ending)
    gone = ending.after
    assert (gone.disposition, gone.ended_by) == (Disposition.LOST_BY_DESK, "correspondent")
    view = await desk.view(ines, contact_id)
    assert view.disposition is Disposition.LOST_BY_DESK
    assert view.waited_seconds >= waited
    figures = await LevelFigures(whole.engines.database).between(
        whole.helpline.line.id, now - timedelta(hours=1), now + timedelta(hours=1)
    )
    assert [(each.answered, each.abandoned, each.abandoned_early) for each in figures] == [
        (1, 0, 0)
    ]
    flows = await contacts.flows_since(
        [whole.helpline.line.id],
        now - timedelta(hours=1),
        targets={},
        early=timedelta(seconds=5),
    )
    assert sum(each.abandoned + each.abandoned_early for each in flows) == 0
    await desk.losses_seen(ines, loss.lost_at)
    assert await desk.losses(ines) == []


async def _until_loss(events: AsyncIterator[LiveEvent]) -> AsyncIterator[ContactLost]:
    async for event in events:
        if isinstance(event, ContactLost):
            yield event
            return


async def test_who_was_lost_and_answered_again_is_lost_no_more(whole: WholeCentre) -> None:
    ines = await whole.ready("ines")
    contact_id = await taken(whole, ines)
    await whole.centre.staff.presence.leave(ines)
    await whole.centre.sweep.return_orphans()
    malik = await whole.ready("malik")
    assert await whole.take(malik) == contact_id
    desk = whole.centre.staff.contacts
    await desk.hand_over(malik, contact_id, "temoin", needs=None, urgency=None, listener_id=None)
    contacts = Contacts(whole.engines.database, whole.engines.vault)
    gone = (
        await contacts.end(contact_id, EndedBy.CORRESPONDENT, "left", SystemClock().now())
    ).after
    assert gone.disposition is Disposition.ABANDONED


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
