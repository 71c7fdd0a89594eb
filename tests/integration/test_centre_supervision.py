"""What whoever supervises does, in the real centre: its right, its reason, its trace, its echo."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from config.errors import CentreError, Conflict, InvalidInput, NotAllowed, NotFound
from config.vocabulary import (
    Channel,
    ContactActReason,
    ContactState,
    Disposition,
    ListenerActReason,
    PresenceState,
    QueueActReason,
    QueueStateKind,
    Role,
    Urgency,
    UrgencySource,
)
from contactcenter.auth.principal import Principal
from contactcenter.centre.live_events import LiveEvent
from records.contacts import Contacts
from tests.kit.record_rows import read
from tests.kit.until import until
from tests.kit.whole_centre import WholeCentre, whole_centre

STUCK = ContactActReason.STUCK
QUEUE, OTHER_QUEUE = "parent_proche", "temoin"


@pytest.fixture
async def whole(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[WholeCentre]:
    async with whole_centre(database_url, redis_url, tmp_path) as made:
        yield made


async def trail(whole: WholeCentre, action: str) -> list[dict[str, object]]:
    """Return the details of an action's audit rows, oldest first."""
    statement = "SELECT detail FROM audit WHERE action = $1 ORDER BY audit_id"
    rows = await read(whole.engines.database, statement, action)
    return [dict(row["detail"]) for row in rows]


async def offered(whole: WholeCentre, listener: Principal) -> UUID | None:
    offer = await whole.centre.staff.offers.current(listener)
    return None if offer is None else offer.contact_id


async def code_of(act: Awaitable[object]) -> str:
    with pytest.raises(CentreError) as refused:
        await act
    return refused.value.code


@asynccontextmanager
async def told(whole: WholeCentre, principal: Principal) -> AsyncIterator[list[LiveEvent]]:
    """Collect what a desk is told, with the loops of a staff process running."""
    heard: list[LiveEvent] = []

    async def listen() -> None:
        async with whole.centre.live.subscribe(principal) as events:
            while True:
                heard.append(await anext(events))

    live = whole.centre.live
    tasks = [asyncio.ensure_future(each()) for each in (listen, live.hear, live.hear_wakes)]
    try:
        await until(lambda: any(event.type == "presence" for event in heard))
        yield heard
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


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


async def test_the_acts_of_supervision_are_refused_to_others_and_kept_in_the_trail(
    whole: WholeCentre,
) -> None:
    contact_id = await whole.chat(QUEUE)
    foreign = await whole.listener("zoe", Role.COORDINATOR, line_ids=frozenset({"snated"}))
    ines = await whole.listener("ines")
    staff = whole.centre.staff
    for act in (
        staff.supervised.assign(foreign, contact_id, ines.staff_id, STUCK),
        staff.supervised.move(foreign, contact_id, OTHER_QUEUE, STUCK),
        staff.supervised.take(foreign, contact_id, STUCK),
        staff.supervised.close(foreign, contact_id, Disposition.ABANDONED, None, STUCK),
        staff.contacts.hand_over(
            foreign, contact_id, OTHER_QUEUE, needs=None, urgency=None, listener_id=None
        ),
        staff.contacts.tick(foreign, contact_id, {"arme": "yes"}),
        staff.contacts.extend_wrap_up(foreign, contact_id, None),
        staff.supervision.force(foreign, uuid4(), PresenceState.BREAK, ListenerActReason.REST),
        staff.supervision.override(
            foreign,
            QUEUE,
            channel=None,
            closed=True,
            message=None,
            until=None,
            reason=QueueActReason.OTHER,
        ),
        staff.follow_ups.claim(foreign, uuid4()),
    ):
        with pytest.raises(NotFound):
            await act
    with pytest.raises((NotAllowed, NotFound)):
        await staff.supervised.close(ines, contact_id, Disposition.ABANDONED, None, STUCK)
    refusals = await trail(whole, "access_refused")
    assert {"right": "contact_assign"} in refusals


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

    for act in ("move", "assign"):
        monkeypatch.setattr(Contacts, act, too_late)
    moving = acts.move(colette, contact_id, OTHER_QUEUE, ContactActReason.MISROUTED)
    assert await code_of(moving) == "contact_gone"
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


async def test_a_queue_is_closed_at_once_and_opened_again(whole: WholeCentre) -> None:
    colette = await whole.listener("colette", Role.COORDINATOR)
    supervision = whole.centre.staff.supervision

    async def state() -> tuple[QueueStateKind, bool]:
        shown = (await supervision.view(colette)).queues
        found = next(e for e in shown if (e.queue, e.channel) == (QUEUE, Channel.CHAT))
        return found.state, found.override is not None

    await whole.ready()
    words = {"fr": "Panne en cours.", "en": "Out of order."}
    for mistake, expected in (
        ({"closed": False, "message": None}, "override_empty"),
        ({"closed": True, "message": {"en": "Only English."}}, "language_unknown"),
        ({"closed": True, "message": {"fr": "Oui", "xx": "?"}}, "language_unknown"),
        ({"closed": True, "message": {"fr": "Oui", "en": " "}}, "invalid_input"),
    ):
        act = supervision.override(
            colette,
            QUEUE,
            channel=Channel.CHAT,
            until=None,
            reason=QueueActReason.TECHNICAL,
            **mistake,
        )
        assert await code_of(act) == expected
    # Refused as a whole: nothing of it is in force, nothing that was is lifted.
    assert (await supervision.view(colette)).overrides == []
    view = await supervision.override(
        colette,
        QUEUE,
        channel=Channel.CHAT,
        closed=True,
        message=words,
        until=None,
        reason=QueueActReason.TECHNICAL,
    )
    assert (view.closed, view.message) == (True, words)
    assert await state() == (QueueStateKind.CLOSED, True)
    # The whole of it is put in force: without the message, the message is lifted.
    await supervision.override(
        colette,
        QUEUE,
        channel=Channel.CHAT,
        closed=True,
        message=None,
        until=None,
        reason=QueueActReason.STAFFING,
    )
    (standing,) = (await supervision.view(colette)).overrides
    assert standing.message is None
    await supervision.lift(colette, QUEUE, Channel.CHAT, QueueActReason.RESTORED)
    await supervision.lift(colette, QUEUE, Channel.CHAT, QueueActReason.RESTORED)
    assert await state() == (QueueStateKind.OPEN, False)
    reasons = {str(each["reason"]) for each in await trail(whole, "queue.override")}
    assert reasons == {"technical"}
    lifted = [str(each["reason"]) for each in await trail(whole, "queue.override_lift")]
    assert lifted == ["staffing", "restored"]
    with pytest.raises(NotFound):
        await supervision.lift(colette, "nowhere", None, QueueActReason.OTHER)


async def test_the_floor_shows_who_waits_who_serves_and_never_a_person(
    whole: WholeCentre,
) -> None:
    ines = await whole.ready("ines")
    served = await whole.chat(QUEUE, Urgency.U2)
    await whole.take(ines)
    calm = await whole.chat(OTHER_QUEUE, Urgency.U5)
    urgent = await whole.chat(OTHER_QUEUE, Urgency.U1, source=UrgencySource.DECLARED)
    paul = await whole.listener("paul", Role.SUPERVISOR)
    shown = await whole.centre.staff.supervision.view(paul)
    order = [each.contact_id for each in shown.contacts if each.contact_id != served]
    assert order == [urgent, calm]
    by_id = {each.contact_id: each for each in shown.contacts}
    # Talked with or not, and on whose word it is urgent: what the dialogs ask is true.
    assert by_id[served].answered_at is not None
    assert [by_id[each].answered_at for each in order] == [None, None]
    assert by_id[urgent].urgency_source is UrgencySource.DECLARED
    assert by_id[calm].urgency_source is UrgencySource.SYSTEM
    (listener,) = shown.listeners
    assert [each.contact_id for each in listener.load] == [served]
    assert (listener.name, listener.profile.split("+")[0]) == ("Ines", "ecoute")
    assert shown.present_listeners == 1
    assert {each.code for each in shown.alerts} == {"u1_waiting"}
    foreign = await whole.listener("zoe", Role.SUPERVISOR, line_ids=frozenset({"snated"}))
    elsewhere = await whole.centre.staff.supervision.view(foreign)
    assert elsewhere.contacts == []
    assert elsewhere.listeners == [listener.model_copy(update={"load": []})]


async def test_figures_are_told_to_everybody_and_whom_they_concern_to_supervisors_alone(
    whole: WholeCentre,
) -> None:
    ines, live = await whole.ready("ines"), whole.centre.live
    colette = await whole.listener("colette", Role.COORDINATOR)
    async with told(whole, colette) as at_colette, told(whole, ines) as at_ines:
        await live.show_queues()
        await live.show_queues()
        await until(lambda: [e for e in at_colette if e.type == "supervision"])
        await asyncio.sleep(0)
        (first,) = [e for e in at_colette if e.type == "supervision"]
        contact_id = await whole.chat(QUEUE)
        await whole.take(ines)
        await live.show_queues()
        found = await until(
            lambda: [e for e in at_colette if e.type == "supervision" and e != first] or None
        )
        figures = next(e for e in found[-1].queues if (e.queue, e.channel) == (QUEUE, Channel.CHAT))
        assert (figures.answered, figures.service_level) == (1, 100)
        # A desk or a wallboard of hers is told the very same: counters, and nobody in them.
        queues = [e for e in at_ines if e.type == "queues"]
        assert queues[-1].queues == found[-1].queues
        assert found[-1].revision > first.revision
        await whole.centre.staff.supervised.close(
            colette, contact_id, Disposition.TREATED, None, STUCK
        )
        revision = found[-1].revision
        await live.show_queues()
        await until(
            lambda: [e for e in at_colette if e.type == "supervision" and e.revision > revision]
        )
    assert not [e for e in at_ines if e.type == "supervision"]
