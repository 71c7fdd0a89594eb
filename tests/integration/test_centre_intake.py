"""Coming in, in the real centre: placed by what is true, refused truthfully, never in danger."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from chat.centre import Opening
from config.clock import SystemClock
from config.errors import Conflict, InvalidInput
from config.ids import new_id
from config.vocabulary import (
    Audience,
    Channel,
    ContactEventKind,
    ContactState,
    Disposition,
    EndedBy,
    EscalationOffer,
    Level,
    OverrideKind,
    QueueStateKind,
    Role,
    Urgency,
    UrgencySource,
)
from contactcenter.centre.queue.entrance import Entrance
from contactcenter.centre.queue.placement import Placements
from contactcenter.voice.callers import Callers
from records.actor import Principal
from records.contacts.contacts import Contacts
from records.contacts.snapshot import ContactSnapshot
from records.engagements.engagements import Engagements
from records.follow_ups import FollowUps
from records.overrides import QueueOverrides
from tests.kit.record_rows import read
from tests.kit.whole_centre import WholeCentre, whole_centre

NUMBER = "+33612345678"
CLOSED, MESSAGE = OverrideKind.CLOSED, OverrideKind.MESSAGE


@dataclass
class Door:
    """The centre, its callers, and a supervisor who closes queues."""

    whole: WholeCentre
    callers: Callers
    contacts: Contacts
    engagements: Engagements
    colette: Principal

    async def dial(self, number: str = NUMBER, called: str = "") -> ContactSnapshot:
        sid = f"CA{new_id().hex}"
        return await self.callers.arrived("AC1", sid, number, called, SystemClock().now())

    async def override(
        self, queue: str, kind: OverrideKind = CLOSED, text: str | None = None
    ) -> None:
        engines = self.whole.engines
        await QueueOverrides(engines.database, engines.vault).set(
            self.colette,
            "dlpm",
            queue,
            None,
            kind,
            SystemClock().now(),
            reason="other",
            texts={"fr": text} if text else None,
        )
        await self.whole.centre.states.look()

    async def kinds(self, contact_id: UUID) -> list[ContactEventKind]:
        return [event.kind for event in await self.contacts.timeline(contact_id)]

    async def value(self, statement: str, *args: object) -> object:
        rows = await read(self.whole.engines.database, statement, *args)
        return next(iter(dict(rows[0]).values())) if rows else None


@pytest.fixture
async def door(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Door]:
    async with whole_centre(database_url, redis_url, tmp_path) as whole:
        database, vault = whole.engines.database, whole.engines.vault
        contacts = Contacts(database, vault)
        engagements = Engagements(
            database, vault, returned_head_start_ms=whole.helpline.urgency.returned_head_start_ms
        )
        callers = Callers(
            contacts,
            engagements,
            FollowUps(database, vault),
            whole.centre.effects,
            Entrance(Placements(whole.helpline)),
            whole.centre.states,
            None,  # no act of these tests reaches the telephone
            whole.centre.staff.presence,
            whole.quarantine("orphan_calls"),
            SystemClock(),
        )
        colette = await whole.listener("colette", Role.COORDINATOR)
        yield Door(whole, callers, contacts, engagements, colette)


async def test_a_caller_of_a_closed_queue_is_turned_away_and_danger_lets_them_in(
    door: Door,
) -> None:
    await door.override("professionnel")
    call = await door.dial()
    # As often as the webhook comes, at once too: one placement, one refusal.
    answers = await asyncio.gather(*(door.callers.chose(call.contact_id, "3") for _ in range(6)))
    refused = await door.contacts.get(call.contact_id)
    assert {answer.queue for answer in answers} == {"professionnel"}
    assert (refused.state, refused.disposition) == (ContactState.CLOSED, Disposition.DETERRED)
    assert (refused.queue, refused.audience, refused.end_reason, refused.ended_by) == (
        "professionnel",
        Audience.PROFESSIONAL,
        "queue_closed",
        EndedBy.SYSTEM,
    )
    kinds = await door.kinds(call.contact_id)
    assert kinds.count(ContactEventKind.QUEUED) == kinds.count(ContactEventKind.CLOSED) == 1
    assert await door.whole.engines.router.position(call.contact_id) is None
    again = await door.callers.chose(call.contact_id, "3")
    assert again.disposition is Disposition.DETERRED

    let_in = await door.callers.chose(call.contact_id, "0")
    assert (let_in.state, let_in.queue, let_in.urgency, let_in.band) == (
        ContactState.WAITING,
        "urgence_coordination",
        Urgency.U1,
        0,
    )
    assert let_in.urgency_source is UrgencySource.DECLARED
    assert (let_in.disposition, let_in.ended_at, let_in.turn) == (None, None, 2)
    assert await door.whole.engines.router.position(call.contact_id) == 1
    assert (await door.callers.chose(call.contact_id, "0")).version == let_in.version
    # Whoever hung up is abandoned as anybody who waited.
    gone = await door.callers.left(call.contact_id, "hung_up")
    assert gone.disposition is Disposition.ABANDONED


async def test_the_danger_key_wins_over_another_key_pressed_at_the_same_instant(
    door: Door,
) -> None:
    for _ in range(5):
        call = await door.dial()
        await asyncio.gather(*(door.callers.chose(call.contact_id, key) for key in "1010"))
        assert (await door.contacts.get(call.contact_id)).urgency is Urgency.U1


async def test_danger_moves_a_caller_from_pre_answering_to_whoever_is_free(door: Door) -> None:
    placements = Placements(door.whole.helpline)
    call = await door.dial()
    first = placements.at("pre_accueil", Audience.MINOR, Urgency.U3, UrgencySource.SYSTEM)
    waiting = (await door.contacts.place(call.contact_id, first, SystemClock().now())).after
    assert waiting.level is Level.PRE_ANSWER
    ines = await door.whole.ready("ines")  # listens, and does not pre-answer
    raised = await door.callers.declared_danger(call.contact_id)
    assert (raised.queue, raised.level, raised.urgency) == (
        "urgence_coordination",
        Level.LISTENING,
        Urgency.U1,
    )
    assert raised.queued_at == waiting.queued_at
    offer = await door.whole.centre.staff.offers.current(ines)
    assert offer is not None
    assert offer.contact_id == call.contact_id


async def test_a_minors_cut_call_comes_back_to_the_head_and_to_its_listener(door: Door) -> None:
    now = SystemClock().now()
    ines = await door.whole.ready("ines")
    first = await door.callers.chose((await door.dial()).contact_id, "1")
    taken = await door.contacts.accept(
        new_id(),
        first.contact_id,
        first.turn,
        ines,
        now,
    )
    assert taken.taken_after is not None
    await door.engagements.connected(taken.taken_after.engagement_id, SystemClock().now())
    await door.callers.left(first.contact_id, "call_failed", EndedBy.CARRIER)

    back = await door.callers.chose((await door.dial()).contact_id, "")
    assert (back.queue, back.urgency, back.urgency_source) == (
        "rappel_coupure",
        Urgency.U2,
        UrgencySource.SYSTEM,
    )
    assert (back.returned, back.preferred_listener_id) == (True, ines.staff_id)
    assert ("urgency_factor", "rappel_apres_coupure") in await door.contacts.facts(back.contact_id)
    head = door.whole.helpline.urgency.returned_head_start_ms
    other = await door.callers.chose((await door.dial("+33687654321")).contact_id, "1")
    assert other.returned is False
    assert back.rank is not None
    assert other.rank is not None
    assert other.rank - back.rank > head
    # An adult's call that broke off is answered at its own place.
    adult = await door.callers.chose((await door.dial()).contact_id, "2")
    assert (adult.queue, adult.returned) == ("parent_proche", False)


async def test_an_adult_who_was_offered_a_callback_leaves_a_task_and_nobody_else_does(
    door: Door,
) -> None:
    steps = door.whole.helpline.urgency.escalation
    offers = next(at for at, each in enumerate(steps) if each.offer is EscalationOffer.CALLBACK)
    now = SystemClock().now()
    relative = await door.callers.chose((await door.dial()).contact_id, "2")
    # Not offered yet: key 1 means nothing.
    assert (await door.callers.agreed_callback(relative.contact_id)).state is ContactState.WAITING
    await door.contacts.escalate(relative.contact_id, offers, now)
    done = await door.callers.agreed_callback(relative.contact_id)
    assert (done.state, done.disposition, done.ended_by) == (
        ContactState.CLOSED,
        Disposition.CALLBACK,
        EndedBy.CORRESPONDENT,
    )
    again = await door.callers.agreed_callback(relative.contact_id)
    assert again.version == done.version
    task = "SELECT kind || ' ' || queue || ' ' || state FROM follow_up WHERE contact_id = $1"
    assert await door.value(task, relative.contact_id) == "callback parent_proche open"
    assert ContactEventKind.CALLBACK_AGREED in await door.kinds(relative.contact_id)

    minor = await door.callers.chose((await door.dial("+33687654321")).contact_id, "1")
    await door.contacts.escalate(minor.contact_id, offers, now)
    assert (await door.callers.agreed_callback(minor.contact_id)).state is ContactState.WAITING
    assert await door.value("SELECT count(*) FROM follow_up") == 1


async def test_a_call_belongs_to_the_line_of_the_number_called(door: Door) -> None:
    snated = door.whole.helpline.lines[1]
    other = await door.dial(called=snated.number)
    assert other.line_id == snated.id
    assert (await door.callers.chose(other.contact_id, "1")).queue == "ecoute_119"
    for called in ("", "+33100000000", door.whole.helpline.line.number):
        assert (await door.dial(called=called)).line_id == "dlpm"


async def test_a_closed_chat_refuses_with_a_record_and_takes_danger_in_with_its_answers(
    door: Door,
) -> None:
    chat = door.whole.centre.conversations
    await door.override("*")
    assert {each.state for each in chat.openings("fr").answering.values()} == {
        QueueStateKind.CLOSED
    }
    with pytest.raises(Conflict) as refused:
        await chat.open_conversation(Opening(Audience.RELATIVE, answers={"en_fugue": True}))
    assert refused.value.code == "chat_closed"
    kept = "SELECT state || ' ' || disposition || ' ' || queue || ' ' || end_reason FROM contact"
    assert await door.value(kept) == "closed deterred parent_proche queue_closed"
    answers = {"danger_maintenant": True, "idees_suicidaires": False}
    opened = await chat.open_conversation(Opening(Audience.MINOR, answers=answers))
    contact = await door.contacts.get(opened.conversation_id)
    assert (contact.state, contact.urgency, contact.urgency_source, contact.queue) == (
        ContactState.WAITING,
        Urgency.U1,
        UrgencySource.DECLARED,
        "urgence_coordination",
    )
    assert sorted(await door.contacts.facts(contact.contact_id)) == [
        ("urgency_factor", "agresseur_present"),
        ("urgency_factor_no", "suicide_idees_sans_plan"),
    ]
    assert await door.whole.engines.router.position(contact.contact_id) == 1


async def test_what_the_helpline_does_not_know_is_refused_by_name_and_leaves_nothing(
    door: Door,
) -> None:
    for opening, field in (
        (Opening(answers={"inconnue": True}), "answers"),
        (Opening(need="inconnu"), "need"),
        (Opening(department="99"), "department"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await door.whole.centre.conversations.open_conversation(opening)
        assert refused.value.field == field
    assert await door.value("SELECT count(*) FROM contact") == 0


async def test_a_visitor_with_a_need_waits_for_who_can_meet_it(door: Door) -> None:
    chat = door.whole.centre.conversations
    assert [each.id for each in chat.openings("fr").needs] == ["lsf", "interpreter"]
    opened = await chat.open_conversation(Opening(Audience.MINOR, need="lsf"))
    contact = await door.contacts.get(opened.conversation_id)
    lanes = Placements(door.whole.helpline).lanes(contact)
    assert lanes == ("dlpm:mineur_pour_soi:chat:fr+lsf",)


async def test_who_waits_is_told_the_state_of_the_queue_and_the_supervisors_words(
    door: Door,
) -> None:
    chat, states = door.whole.centre.conversations, door.whole.centre.states
    opened = await chat.open_conversation(Opening(Audience.MINOR))
    await states.look()
    status = await chat.status(opened.conversation_id)
    assert (status.queue, status.message) == (QueueStateKind.UNSTAFFED, None)
    await door.override("*", MESSAGE, "Le téléphone est en panne.")
    ines = await door.whole.ready("ines")
    await states.look()
    status = await chat.status(opened.conversation_id)
    assert (status.queue, status.message) == (QueueStateKind.OPEN, "Le téléphone est en panne.")
    doors = {
        (each.channel, each.audience): each
        for each in chat.doors("fr").doors
        if each.line == "dlpm"
    }
    minors = doors[Channel.CHAT, Audience.MINOR]
    assert (minors.line, minors.queue) == ("dlpm", "mineur_pour_soi")
    assert minors.answering.message == "Le téléphone est en panne."
    assert {each.line for each in chat.doors("fr").doors} == {"dlpm", "snated"}
    assert await door.whole.take(ines) == opened.conversation_id
    status = await chat.status(opened.conversation_id)
    assert (status.queue, status.message, status.wait_seconds) == (None, None, None)
