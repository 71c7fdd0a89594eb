"""What supervisors see and set: closed queues, who waits and who serves, figures."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.errors import NotFound
from config.vocabulary import (
    Channel,
    ContactActReason,
    Disposition,
    QueueActReason,
    QueueStateKind,
    Role,
    Urgency,
    UrgencySource,
)
from tests.kit.floor import code_of, told, trail
from tests.kit.until import until
from tests.kit.whole_centre import WholeCentre, whole_centre

STUCK = ContactActReason.STUCK
QUEUE, OTHER_QUEUE = "parent_proche", "temoin"


@pytest.fixture
async def whole(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[WholeCentre]:
    async with whole_centre(database_url, redis_url, tmp_path) as made:
        yield made


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
        shown = found[-1].queues
        figures = next(e for e in shown if (e.queue, e.channel) == (QUEUE, Channel.CHAT))
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
