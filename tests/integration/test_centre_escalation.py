"""Escalation steps in the real centre: applied once, told to the index and to the chat."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from chat.centre import Opening
from config.vocabulary import (
    Audience,
    Channel,
    ContactEventKind,
    DeclineReason,
    FollowUpKind,
    OverrideKind,
    PresenceState,
    Role,
    Sender,
    Urgency,
)
from records.actor import Principal
from records.contacts.contacts import Contacts
from records.contacts.snapshot import ContactSnapshot
from records.follow_ups import FollowUps
from records.messages import Messages
from records.overrides import QueueOverrides
from tests.kit.principals import principal_of
from tests.kit.record_rows import run
from tests.kit.whole_centre import WholeCentre, whole_centre

SPECIALISTS = "dlpm_specialiste"


@pytest.fixture
async def whole(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[WholeCentre]:
    async with whole_centre(database_url, redis_url, tmp_path) as made:
        yield made


async def waited(whole: WholeCentre, contact_id: UUID, seconds: int) -> ContactSnapshot:
    """Let a contact have waited so long, do one round, and return it."""
    async with whole.engines.database.transaction() as tx:
        await run(
            tx,
            "UPDATE contact SET queued_at = queued_at - $2::interval,"
            " waiting_since = waiting_since - $2::interval WHERE contact_id = $1",
            contact_id,
            timedelta(seconds=seconds),
        )
    await whole.centre.states.look()
    await whole.centre.escalations.round()
    return await contacts(whole).get(contact_id)


def contacts(whole: WholeCentre) -> Contacts:
    return Contacts(whole.engines.database, whole.engines.vault)


def number_of(whole: WholeCentre, step_id: str) -> int:
    return [step.id for step in whole.helpline.urgency.escalation].index(step_id)


async def lines(whole: WholeCentre, contact_id: UUID) -> list[str]:
    stored = await Messages(whole.engines.database, whole.engines.vault).after(
        contact_id, 0, 50, for_visitor=True
    )
    return [line.text for line in stored if line.sender is Sender.SYSTEM]


async def supervisor(whole: WholeCentre) -> Principal:
    she: Principal = await whole.listener("sylvie", Role.SUPERVISOR)
    return principal_of(she.staff_id, she.role, she.line_ids, she.session_id)


async def test_after_its_time_a_contact_stands_in_more_queues_and_is_offered_there(
    whole: WholeCentre,
) -> None:
    colette = await whole.ready("colette", Role.COORDINATOR, team="coordination", skills=())
    contact_id = await whole.chat("parent_proche", Urgency.U3)
    early = await waited(whole, contact_id, 60)
    assert early.widened_to == ()
    assert await whole.centre.staff.offers.current(colette) is None
    late = await waited(whole, contact_id, 60)
    assert late.widened_to == ("urgence_coordination",)
    assert late.escalated(number_of(whole, "tres_urgent_sans_reponse"))
    offer = await whole.centre.staff.offers.current(colette)
    assert offer is not None
    assert offer.contact_id == contact_id
    again = await waited(whole, contact_id, 10)
    assert again.version == late.version


async def test_a_waiting_chat_is_told_once_however_many_nodes_apply_the_step(
    whole: WholeCentre,
) -> None:
    contact_id = await whole.chat("parent_proche", Urgency.U4)
    async with whole.engines.database.transaction() as tx:
        await run(tx, "UPDATE contact SET queued_at = queued_at - interval '400 seconds'")
    await whole.centre.states.look()
    await asyncio.gather(*(whole.centre.escalations.round() for _ in range(4)))
    told = await lines(whole, contact_id)
    texts = whole.helpline.texts
    assert told == [
        texts["chat.wait_saturated_adult"]["fr"],
        texts["chat.call_offer_adult"]["fr"],
    ]
    timeline = await contacts(whole).timeline(contact_id)
    steps = [event.detail["step"] for event in timeline if event.kind is ContactEventKind.ESCALATED]
    assert sorted(steps) == sorted(set(steps))
    assert {number_of(whole, "attente_longue"), number_of(whole, "proposer_l_appel")} <= {*steps}


async def test_a_chat_that_cannot_be_told_goes_through_its_steps_all_the_same(
    whole: WholeCentre,
) -> None:
    silent, other = await whole.chat(urgency=Urgency.U4), await whole.chat(urgency=Urgency.U4)
    async with whole.engines.database.transaction() as tx:
        await run(tx, "UPDATE conversation SET open = false WHERE contact_id = $1", silent)
    after = await waited(whole, silent, 400)
    assert after.escalated(number_of(whole, "attente_longue"))
    assert (await waited(whole, other, 400)).escalated(number_of(whole, "attente_longue"))
    assert await lines(whole, silent) == []
    assert len(await lines(whole, other)) == 2


async def test_while_the_specialists_are_closed_the_119_takes_in_and_they_get_a_task(
    whole: WholeCentre,
) -> None:
    she = await supervisor(whole)
    contact_id = await whole.chat(SPECIALISTS)
    engines, clock = whole.engines, whole.centre.clock
    await QueueOverrides(engines.database, engines.vault).set(
        she, whole.helpline.line.id, SPECIALISTS, None, OverrideKind.CLOSED, clock.now()
    )
    ines = await whole.ready()
    taken = await waited(whole, contact_id, 6)
    assert (taken.queue, taken.home_queue) == ("mineur_pour_soi", SPECIALISTS)
    offer = await whole.centre.staff.offers.current(ines)
    assert offer is not None
    assert offer.contact_id == contact_id
    (task,) = await FollowUps(engines.database, engines.vault).list_open(she)
    assert (task.kind, task.queue, task.note_code) == (
        FollowUpKind.SPECIALIST,
        SPECIALISTS,
        "specialistes_fermes",
    )
    opens = whole.helpline.opening(Channel.CHAT, SPECIALISTS, clock.now())
    assert task.due_at == getattr(opens, "reopens_at", None)
    assert len(await lines(whole, contact_id)) == 1
    # Only the widening is taken back by it: what its wait has brought stays done.
    again = await waited(whole, contact_id, 1)
    assert again.version == taken.version


async def test_handed_over_by_night_a_child_is_told_when_and_is_not_offered_back(
    whole: WholeCentre,
) -> None:
    she, engines = await supervisor(whole), whole.engines
    ines = await whole.ready("ines")
    await whole.centre.conversations.open_conversation(Opening(Audience.MINOR))
    contact_id = await whole.take(ines)
    now = whole.centre.clock.now()
    morning = now + timedelta(hours=9)
    await QueueOverrides(engines.database, engines.vault).set(
        she, whole.helpline.line.id, SPECIALISTS, None, OverrideKind.CLOSED, now, until=morning
    )
    desk, presence, offers = (
        whole.centre.staff.contacts,
        whole.centre.staff.presence,
        whole.centre.staff.offers,
    )
    await desk.hand_over(ines, contact_id, SPECIALISTS, needs=None, urgency=None, listener_id=None)
    await presence.declare(ines, PresenceState.READY)
    malik = await whole.ready("malik")
    taken = await waited(whole, contact_id, 6)
    assert (taken.queue, taken.home_queue) == ("mineur_pour_soi", SPECIALISTS)
    assert taken.given_up_by == (ines.staff_id,)
    # « tu », and the hour at which they are back.
    when = whole.helpline.when(morning, "fr")
    until = whole.helpline.text("chat.taken_in_until", "fr", opening=when)
    assert until in await lines(whole, contact_id)
    assert "tu as écrit" in until
    offer = await offers.current(malik)
    assert offer is not None
    assert offer.contact_id == contact_id
    # Declined by the other one, it is still not hers: he is there.
    await offers.decline(malik, offer.offer_id, DeclineReason.OTHER)
    await whole.centre.sweep.round()
    assert await offers.current(ines) is None
    # An index filled again from the records knows it as well.
    await whole.centre.reconciler.rebuild(whole.centre.clock.now())
    await whole.centre.sweep.round()
    assert await offers.current(ines) is None
    await presence.declare(malik, PresenceState.OFFLINE)
    await whole.centre.sweep.round()
    last = await offers.current(ines)
    assert last is not None, "nobody else is there: she is better than nobody"
    assert last.contact_id == contact_id


async def test_a_need_nobody_can_meet_is_given_up_rather_than_waited_for(
    whole: WholeCentre,
) -> None:
    ines = await whole.ready()
    queue = next(
        each for each in whole.helpline.queues if each.needs and Channel.CHAT in each.channels
    )
    contact_id = await whole.chat(queue.id, needs=queue.needs[:1])
    assert await whole.centre.staff.offers.current(ines) is None
    after = await waited(whole, contact_id, 61)
    assert after.needs == ()
    offer = await whole.centre.staff.offers.current(ines)
    assert offer is not None
    assert offer.contact_id == contact_id


async def test_who_is_no_longer_waiting_is_escalated_no_more(whole: WholeCentre) -> None:
    ines = await whole.ready()
    contact_id = await whole.chat()
    await whole.take(ines)
    await whole.centre.staff.presence.declare(ines, PresenceState.BREAK)
    after = await waited(whole, contact_id, 1000)
    assert after.escalations == 0
