"""One listener against another's contact: refused means unchanged, and late means refused."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from chat.centre import Opening
from config.clock import ManualClock, SystemClock
from config.errors import NotAllowed, NotSignedIn, TooMuch
from config.vocabulary import Audience, ContactState, EndedBy, Role, Urgency, UrgencySource
from contactcenter.centre.live_events import ContactChanged
from contactcenter.centre.staff.case_desk import MISSES
from records.actor import SYSTEM, Principal
from records.contacts.contacts import Contacts
from records.engagements.engagements import Engagements
from routing.wakeups import WakeKind
from tests.kit.whole_centre import WholeCentre, whole_centre


@pytest.fixture
async def whole(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[WholeCentre]:
    async with whole_centre(database_url, redis_url, tmp_path) as made:
        yield made


async def taken(whole: WholeCentre, listener: Principal) -> UUID:
    await whole.centre.conversations.open_conversation(Opening(Audience.RELATIVE))
    return await whole.take(listener)


def contacts_of(whole: WholeCentre) -> Contacts:
    return Contacts(whole.engines.database, whole.engines.vault)


async def given_back(whole: WholeCentre, contact_id: UUID) -> None:
    """Let the listener's contact wait again, as when her desk is lost."""
    engagements = Engagements(
        whole.engines.database, whole.engines.vault, returned_head_start_ms=3_600_000
    )
    engagement = await engagements.open_for_contact(contact_id)
    assert engagement is not None
    change = await engagements.return_contact(
        contact_id,
        "listener_lost",
        SystemClock().now(),
        returned_to_head=True,
        engagement_id=engagement.engagement_id,
    )
    await whole.centre.effects.follow(change)


async def test_who_may_not_know_of_a_contact_does_not_raise_it_either(whole: WholeCentre) -> None:
    ines, malik = await whole.ready("ines"), await whole.listener("malik")
    contact_id = await taken(whole, ines)
    before = await contacts_of(whole).get(contact_id)
    with pytest.raises(NotAllowed):
        await whole.centre.staff.contacts.set_urgency(
            malik, contact_id, Urgency.U1, reason=None, confirm=False
        )
    after = await contacts_of(whole).get(contact_id)
    assert (after.urgency, after.version) == (before.urgency, before.version)


async def test_a_waiting_contact_is_raised_by_whoever_may_read_it_and_by_nobody_else(
    whole: WholeCentre,
) -> None:
    opened = await whole.centre.conversations.open_conversation(Opening(Audience.RELATIVE))
    ines, paul = await whole.listener("ines"), await whole.listener("paul", Role.SUPERVISOR)
    jeanne = await whole.listener("jeanne", Role.COORDINATOR)
    rate = whole.centre.staff.contacts.set_urgency
    with pytest.raises(NotAllowed):
        await rate(ines, opened.conversation_id, Urgency.U1, reason=None, confirm=False)
    for who, urgency in ((paul, Urgency.U3), (jeanne, Urgency.U1)):
        view = await rate(who, opened.conversation_id, urgency, reason=None, confirm=False)
        assert (view.urgency, view.state) == (urgency, ContactState.WAITING)


async def test_a_supervisor_who_reads_a_contact_still_raises_it(whole: WholeCentre) -> None:
    ines = await whole.ready("ines")
    paul = await whole.listener("paul", Role.SUPERVISOR)
    contact_id = await taken(whole, ines)
    view = await whole.centre.staff.contacts.set_urgency(
        paul, contact_id, Urgency.U1, reason=None, confirm=False
    )
    assert view.urgency is Urgency.U1
    with pytest.raises(NotAllowed):
        await whole.centre.staff.contacts.set_urgency(
            paul, contact_id, Urgency.U4, reason="calm", confirm=False
        )


async def test_an_urgency_raised_meanwhile_is_not_lowered_by_an_older_judgement(
    whole: WholeCentre,
) -> None:
    """The rule is applied to what stands under the act's lock, not to what a screen showed."""
    contacts, now = contacts_of(whole), SystemClock().now()
    ines = await whole.ready("ines")
    contact_id = await taken(whole, ines)
    by_coordinator = UrgencySource.COORDINATOR
    await contacts.set_urgency(
        contact_id, Urgency.U1, 0, 0, by_coordinator, None, SYSTEM, now, confirmed=False
    )
    lowered = (contact_id, Urgency.U5, 1, 0, UrgencySource.LISTENER, None, ines, now)
    with pytest.raises(NotAllowed) as refused:
        await contacts.set_urgency(*lowered, confirmed=True)
    assert refused.value.code == "coordinator_needed"
    assert (await contacts.get(contact_id)).urgency is Urgency.U1


async def test_who_had_a_contact_does_not_end_it_for_who_has_it_now(whole: WholeCentre) -> None:
    ines = await whole.ready("ines")
    contact_id = await taken(whole, ines)
    contacts = contacts_of(whole)
    await given_back(whole, contact_id)
    ends = (contact_id, EndedBy.LISTENER, "ended_at_desk", SystemClock().now())
    with pytest.raises(NotAllowed):
        await contacts.end(*ends, actor=ines)
    assert (await contacts.get(contact_id)).state is not ContactState.ENDED


async def test_a_late_wake_up_shows_no_line_to_the_listener_before(whole: WholeCentre) -> None:
    ines = await whole.ready("ines")
    contact_id = await taken(whole, ines)
    live = whole.centre.live
    async with live.subscribe(ines) as events:
        subscriber = next(iter(live._subscribers))
        assert contact_id in subscriber.told
        malik = await whole.ready("malik")
        await whole.centre.staff.presence.leave(ines)
        await given_back(whole, contact_id)
        assert await whole.take(malik) == contact_id
        # The wake-up of the return was lost; this one comes when a colleague has the contact.
        await whole.centre.wakes.tell(WakeKind.STATE, contact_id)
        hearing = asyncio.ensure_future(live.hear_wakes())
        async with asyncio.timeout(5):
            async for event in events:
                if isinstance(event, ContactChanged):
                    break
        hearing.cancel()
        assert contact_id not in subscriber.told


@pytest.mark.parametrize(("quick", "kept"), [(True, 1), (False, 60)])
async def test_a_token_opens_a_conversation_only_for_a_while_after_its_end(
    whole: WholeCentre, monkeypatch: pytest.MonkeyPatch, quick: bool, kept: int
) -> None:
    conversations = whole.centre.conversations
    opened = await conversations.open_conversation(Opening())
    await conversations.leave(opened.conversation_id, quick=quick)
    clock = ManualClock(SystemClock().now())
    monkeypatch.setattr(conversations, "_clock", clock)
    await conversations.admit(opened.conversation_id, opened.token)
    clock.advance(timedelta(minutes=kept, seconds=1))
    with pytest.raises(NotSignedIn):
        await conversations.admit(opened.conversation_id, opened.token)
    with pytest.raises(NotSignedIn):
        await conversations.admit_token(opened.token)


async def test_references_are_not_guessed_one_after_the_other(whole: WholeCentre) -> None:
    ines, malik = await whole.listener("ines"), await whole.listener("malik")
    cases = whole.centre.staff.cases
    known = await cases.create(ines, label=None, department=None)
    for _ in range(MISSES.burst):
        assert not (await cases.list(malik, reference="0000-0000", limit=1)).cases
    with pytest.raises(TooMuch):
        await cases.list(malik, reference=known.reference, limit=1)
    # One who guesses holds up nobody else, nor her own list of cases.
    assert (await cases.list(ines, reference=known.reference, limit=1)).cases
    await cases.list(malik, reference=None, limit=1)
