"""What whoever supervises does, in the real centre: its right, its reason, its trace, its echo."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from config.errors import Conflict, InvalidInput
from config.vocabulary import (
    ContactActReason,
    ContactState,
    Disposition,
    ListenerActReason,
    PresenceState,
    Role,
    Urgency,
)
from records.contacts.contacts import Contacts
from tests.kit.floor import code_of, offered, told, trail
from tests.kit.until import until
from tests.kit.whole_centre import WholeCentre, whole_centre

STUCK = ContactActReason.STUCK
QUEUE, OTHER_QUEUE = "parent_proche", "temoin"


@pytest.fixture
async def whole(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[WholeCentre]:
    async with whole_centre(database_url, redis_url, tmp_path) as made:
        yield made


async def test_a_contact_is_assigned_to_one_listener_and_taken_off_another_s_desk(
    whole: WholeCentre,
) -> None:
    ines = await whole.ready("ines")
    contact_id = await whole.chat(QUEUE)
    assert await offered(whole, ines) == contact_id
    malik = await whole.ready("malik")
    colette = await whole.listener("colette", Role.COORDINATOR)
    acts = whole.centre.staff.supervised
    async with told(whole, ines) as at_ines:
        view = await acts.assign(colette, contact_id, malik.staff_id, ContactActReason.SKILL)
        await until(lambda: [e for e in at_ines if e.type == "offer_withdrawn"])
    assert view.state is ContactState.WAITING
    assert await offered(whole, ines) is None
    assert await offered(whole, malik) == contact_id
    repeated = await acts.assign(colette, contact_id, malik.staff_id, ContactActReason.SKILL)
    assert repeated.version == view.version
    assert await trail(whole, "contact.assign") == [
        {"listener": str(malik.staff_id), "reason": "skill"}
    ]
    # Served by Malik, it is taken from him and offered to Inès; both desks hear of it.
    await whole.take(malik)
    async with told(whole, malik) as at_malik:
        await acts.assign(colette, contact_id, ines.staff_id, STUCK)
        states = await until(
            lambda: [e.contact.state for e in at_malik if e.type == "contact"] or None
        )
        assert states[-1] is ContactState.WAITING
    assert await offered(whole, ines) == contact_id
    # Hers already: nothing changes.
    await whole.take(ines)
    again = await acts.assign(colette, contact_id, ines.staff_id, STUCK)
    assert again.state is ContactState.ACTIVE


async def test_a_contact_is_assigned_only_where_somebody_is_ready_for_it(
    whole: WholeCentre,
) -> None:
    contact_id = await whole.chat(QUEUE)
    paul = await whole.listener("paul", Role.SUPERVISOR, team="coordination")
    absent = await whole.listener("ines")
    foreign = await whole.listener("zoe", line_ids=frozenset({"snated"}))
    acts = whole.centre.staff.supervised
    before = (await whole.centre.staff.contacts.view(paul, contact_id)).version
    assert await code_of(acts.assign(paul, contact_id, uuid4(), STUCK)) == "listener_unknown"
    assert (
        await code_of(acts.assign(paul, contact_id, foreign.staff_id, STUCK)) == "listener_unknown"
    )
    assert (
        await code_of(acts.assign(paul, contact_id, absent.staff_id, STUCK)) == "listener_not_ready"
    )
    assert await code_of(acts.take(paul, contact_id, STUCK)) == "listener_not_ready"
    assert (await whole.centre.staff.contacts.view(paul, contact_id)).version == before
    # Ready, she is offered what she takes, in whatever queue: her own team does not serve it.
    await whole.centre.staff.presence.declare(paul, PresenceState.READY)
    await acts.take(paul, contact_id, STUCK)
    assert await offered(whole, paul) == contact_id
    assert await whole.take(paul) == contact_id


async def test_a_contact_is_moved_keeping_its_place_and_a_served_one_waits_again(
    whole: WholeCentre,
) -> None:
    colette = await whole.listener("colette", Role.COORDINATOR)
    contact_id = await whole.chat(QUEUE)
    desk, acts = whole.centre.staff.contacts, whole.centre.staff.supervised
    before = await desk.view(colette, contact_id)
    assert await code_of(acts.move(colette, contact_id, "nowhere", STUCK)) == "queue_unknown"
    assert await code_of(acts.move(colette, contact_id, "formulaires", STUCK)) == "queue_unknown"
    moved = await acts.move(colette, contact_id, OTHER_QUEUE, ContactActReason.MISROUTED)
    assert (moved.queue, moved.queued_at) == (OTHER_QUEUE, before.queued_at)
    again = await acts.move(colette, contact_id, OTHER_QUEUE, ContactActReason.MISROUTED)
    assert again.version == moved.version
    ines = await whole.ready()
    await whole.take(ines)
    await acts.move(colette, contact_id, QUEUE, STUCK)
    after = await desk.view(colette, contact_id)
    assert (after.state, after.queue) == (ContactState.WAITING, QUEUE)
    assert after.queued_at == before.queued_at
    reasons = [each["reason"] for each in await trail(whole, "contact.move")]
    assert reasons == ["misrouted"]
    assert (await trail(whole, "contact.hand_over"))[0]["reason"] == "stuck"


async def test_a_stuck_contact_is_closed_in_any_state_as_what_it_was(whole: WholeCentre) -> None:
    colette = await whole.listener("colette", Role.COORDINATOR)
    acts = whole.centre.staff.supervised
    waiting = await whole.chat(QUEUE)
    close = acts.close
    with pytest.raises(InvalidInput):
        await close(colette, waiting, Disposition.TREATED, None, STUCK)
    danger = await whole.chat(QUEUE, Urgency.U1)
    refused = close(colette, danger, Disposition.DETERRED, None, STUCK)
    assert await code_of(refused) == "immediate_danger"
    view = await close(colette, waiting, Disposition.ABANDONED, None, STUCK)
    assert (view.state, view.ended_by) == (ContactState.CLOSED, "coordinator")
    assert (await close(colette, waiting, Disposition.ABANDONED, None, STUCK)).version == (
        view.version
    )
    other = close(colette, waiting, Disposition.HANDED_OUTSIDE, None, STUCK)
    assert await code_of(other) == "already_closed"
    ines = await whole.ready()
    assert await whole.take(ines) == danger
    with pytest.raises(InvalidInput):
        await close(colette, danger, Disposition.ABANDONED, None, STUCK)
    await close(colette, danger, Disposition.TREATED, None, STUCK)
    # She rests after danger; then her place is free again, and the next one is hers.
    presence = whole.centre.staff.presence
    assert (await presence.current(ines)).reason == "hard_contact"
    await presence.declare(ines, PresenceState.READY)
    following = await whole.chat(QUEUE)
    assert await offered(whole, ines) == following
    reasons = [each["reason"] for each in await trail(whole, "contact.close_stuck")]
    assert reasons == ["stuck", "stuck"]


async def test_of_two_who_close_it_in_other_words_one_is_told_so(whole: WholeCentre) -> None:
    colette = await whole.listener("colette", Role.COORDINATOR)
    paul = await whole.listener("paul", Role.SUPERVISOR)
    contact_id = await whole.chat(QUEUE)
    close = whole.centre.staff.supervised.close
    answers = await asyncio.gather(
        close(colette, contact_id, Disposition.ABANDONED, None, STUCK),
        close(paul, contact_id, Disposition.HANDED_OUTSIDE, None, STUCK),
        return_exceptions=True,
    )
    (refused,) = (each for each in answers if isinstance(each, Conflict))
    assert refused.code == "already_closed"


async def test_an_act_on_who_was_accepted_meanwhile_says_that_they_are_gone(
    whole: WholeCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    ines, colette = await whole.ready(), await whole.listener("colette", Role.COORDINATOR)
    contact_id = await whole.chat(QUEUE)
    acts = whole.centre.staff.supervised

    async def too_late(*_: object) -> None:
        raise Conflict("it does not wait", code="contact_not_waiting")

    monkeypatch.setattr(Contacts, "assign", too_late)
    assigning = acts.assign(colette, contact_id, ines.staff_id, STUCK)
    assert await code_of(assigning) == "contact_gone"


async def test_a_forced_state_is_seen_on_her_desk_at_once_and_what_is_open_stays_hers(
    whole: WholeCentre,
) -> None:
    ines = await whole.ready("ines")
    contact_id = await whole.chat(QUEUE)
    await whole.take(ines)
    await whole.chat(QUEUE)
    assert await offered(whole, ines) is not None
    colette = await whole.listener("colette", Role.COORDINATOR)
    force = whole.centre.staff.supervision.force
    async with told(whole, ines) as at_ines:
        view = await force(
            colette, ines.staff_id, PresenceState.LEAVING, ListenerActReason.END_OF_SHIFT
        )
        await until(lambda: any(e.type == "presence" and e.state == "leaving" for e in at_ines))
    assert (view.state, view.reason) == (PresenceState.LEAVING, "forced_end_of_shift")
    assert await offered(whole, ines) is None
    shown = await whole.centre.staff.contacts.view(ines, contact_id)
    assert shown.state is ContactState.ACTIVE
    again = await force(
        colette, ines.staff_id, PresenceState.LEAVING, ListenerActReason.END_OF_SHIFT
    )
    assert again.version == view.version
    assert len(await trail(whole, "listener.force")) == 1
    with pytest.raises(InvalidInput):
        await force(colette, ines.staff_id, PresenceState.READY, ListenerActReason.OTHER)
    absent = await whole.listener("malik")
    refused = force(colette, absent.staff_id, PresenceState.BREAK, ListenerActReason.REST)
    assert await code_of(refused) == "listener_not_present"
