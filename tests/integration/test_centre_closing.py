"""How contacts close over the whole centre: of any line, with or without a case, and what is owed."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from chat.centre import Opening
from config.clock import SystemClock
from config.errors import CentreError, InvalidInput
from config.vocabulary import (
    Audience,
    Channel,
    ContactActReason,
    Disposition,
    FollowUpKind,
    FollowUpOutcome,
    FollowUpState,
    Role,
)
from contactcenter.centre.supervision_views import FollowUpView
from contactcenter.centre.views import FormValue
from records.actor import Principal
from records.contacts.follow_up import FollowUpWanted
from records.follow_ups import FollowUps
from tests.kit.whole_centre import WholeCentre, whole_centre

DAY = (SystemClock().now() + timedelta(days=20)).date()
TREATED = {"categories": ["fugue"], "qualification": "information_preoccupante"}
ADVICE: dict[str, FormValue] = {"qualification": "conseil"}


@pytest.fixture
async def whole(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[WholeCentre]:
    async with whole_centre(database_url, redis_url, tmp_path) as made:
        yield made


async def ended(
    whole: WholeCentre, who: Principal, values: Mapping[str, FormValue], *, line: str = ""
) -> UUID:
    """Let somebody write by a line's door, be answered, and leave; then write the contact up."""
    opened = await whole.centre.conversations.open_conversation(
        Opening(Audience.MINOR, language="fr", line=line)
    )
    assert await whole.take(who) == opened.conversation_id
    await whole.centre.staff.contacts.end(who, opened.conversation_id)
    if values:
        await whole.centre.staff.contacts.save_form(who, opened.conversation_id, values, 0)
    return opened.conversation_id


async def close(
    whole: WholeCentre,
    who: Principal,
    contact_id: UUID,
    disposition: Disposition = Disposition.TREATED,
) -> str:
    """Close; return `closed`, or the code of the refusal and its field."""
    try:
        view = await whole.centre.staff.contacts.close(who, contact_id, disposition, None)
    except CentreError as error:
        return f"{error.code} {error.field or ''}".strip()
    return view.state.value


async def owed(whole: WholeCentre, who: Principal) -> dict[FollowUpKind, FollowUpView]:
    listed = (await whole.centre.staff.follow_ups.list(who)).follow_ups
    assert len(listed) == len({each.kind for each in listed})
    return {each.kind: each for each in listed}


async def test_a_contact_of_any_line_comes_by_its_door_and_reaches_a_case_of_the_pool(
    whole: WholeCentre,
) -> None:
    staff, chat = whole.centre.staff, whole.centre.conversations
    ines = await whole.ready("ines")
    doors = {(each.line, each.channel) for each in chat.doors("fr").doors}
    assert ("snated", Channel.CHAT) in doors
    assert [chat.openings("fr", line).line for line in ("snated", "", "dlpm", "inconnue")] == [
        "snated", "", "", "",
    ]  # fmt: skip
    with pytest.raises(InvalidInput) as refused:
        await chat.open_conversation(Opening(language="fr", line="inconnue"))
    assert refused.value.field == "line"

    case = await staff.cases.create(ines, label="Lila", department=None)
    contact_id = await ended(whole, ines, TREATED, line="snated")
    assert (await staff.contacts.view(ines, contact_id)).line == "snated"
    assert await close(whole, ines, contact_id) == "case_or_code_needed"
    shown = await staff.cases.attach(ines, case.case_id, contact_id)
    assert [each.contact_id for each in shown.contacts] == [contact_id]
    assert await close(whole, ines, contact_id) == "closed"

    # Who works for one line only learns nothing of the other: nor of its contact, nor of its case.
    colette = await whole.listener("colette", Role.COORDINATOR, line_ids=frozenset({"dlpm"}))
    zoe = await whole.listener("zoe", Role.COORDINATOR, line_ids=frozenset({"snated"}))
    assert (await staff.cases.get(colette, case.case_id)).contacts == []
    assert (await staff.contacts.view(zoe, contact_id)).cases == []
    # A coordinator of the 119 alone opens a case of the 119.
    theirs = await staff.cases.create(zoe, label=None, department=None)
    assert (await staff.cases.get(zoe, theirs.case_id)).reference == theirs.reference


async def test_advice_and_a_hand_over_outside_close_without_a_case_and_danger_does_not(
    whole: WholeCentre,
) -> None:
    ines = await whole.ready("ines")
    contact_id = await ended(whole, ines, {})
    save = whole.centre.staff.contacts.save_form
    assert await close(whole, ines, contact_id) == "form_incomplete categories"
    await save(ines, contact_id, {"qualification": "information_preoccupante"}, 0)
    assert await close(whole, ines, contact_id) == "form_incomplete categories"
    await save(ines, contact_id, TREATED, 1)
    assert await close(whole, ines, contact_id) == "case_or_code_needed"
    # Nobody is in danger: no danger to name, no file.
    await save(ines, contact_id, ADVICE, 2)
    assert await close(whole, ines, contact_id) == "closed"
    assert await close(whole, ines, contact_id) == "closed"
    assert await close(whole, ines, contact_id, Disposition.HANDED_OUTSIDE) == "already_closed"

    values: dict[str, FormValue] = {"qualification": "aide_immediate", "handed_to": "police_17"}
    handed = await ended(whole, ines, values)
    assert await close(whole, ines, handed, Disposition.HANDED_OUTSIDE) == "closed"
    view = await whole.centre.staff.contacts.view(ines, handed)
    assert (view.disposition, view.non_content_code, view.cases) == ("handed_outside", None, [])
    assert view.form.values["handed_to"] == "police_17"
    with pytest.raises(InvalidInput):
        await save(ines, await ended(whole, ines, {}), {"handed_to": "inconnu"}, 0)


async def test_what_a_write_up_promises_is_owed_in_the_closing_dated_and_once(
    whole: WholeCentre,
) -> None:
    desk = whole.centre.staff.follow_ups
    ines, malik = await whole.ready("ines"), await whole.listener("malik")
    colette = await whole.listener("colette", Role.COORDINATOR)
    contact_id = await ended(
        whole,
        ines,
        {
            **ADVICE,
            "suites": ["rappel_programme", "suivi_dlpm_ouvert"],
            "callback_agreed": True,
            "callback_day": DAY.isoformat(),
            "callback_safely": "après 17 h, dire « Camille »",
            "debrief": "echange",
        },
    )
    assert await owed(whole, ines) == {}, "nothing is owed before the contact is closed"
    assert await close(whole, ines, contact_id) == "closed"
    tasks = await owed(whole, ines)
    assert set(tasks) == set(FollowUpKind)
    callback = tasks[FollowUpKind.CALLBACK]
    zone = whole.helpline.line.zone
    assert callback.due_at == datetime(DAY.year, DAY.month, DAY.day, 9, tzinfo=zone)
    assert callback.claimed_by is not None
    assert callback.claimed_by.staff_id == ines.staff_id
    assert callback.queue == "rappels_programmes"
    debrief = tasks[FollowUpKind.DEBRIEF]
    assert debrief.claimed_by is None
    assert debrief.due_at is not None
    assert abs(debrief.due_at - SystemClock().now() - timedelta(hours=24)) < timedelta(minutes=5)

    # Replayed, it owes nothing twice; settled, it stays settled.
    await desk.done(ines, callback.follow_up_id, FollowUpOutcome.REACHED)
    assert await close(whole, ines, contact_id) == "closed"
    assert FollowUpKind.CALLBACK not in await owed(whole, ines)

    # A wish to talk is the coordination's to read, and no colleague's.
    assert FollowUpKind.DEBRIEF not in await owed(whole, malik)
    await desk.claim(colette, debrief.follow_up_id)
    await desk.done(colette, debrief.follow_up_id, FollowUpOutcome.TALKED)


async def test_a_callback_whose_owner_is_away_may_be_given_back_and_taken_on(
    whole: WholeCentre,
) -> None:
    desk = whole.centre.staff.follow_ups
    ines, malik = await whole.ready("ines"), await whole.listener("malik")
    colette = await whole.listener("colette", Role.COORDINATOR)
    # No day was agreed: it is due after the hours that the helpline sets. Closed by a supervisor's
    # act instead of the listener's, it is owed all the same.
    contact_id = await ended(whole, ines, {"callback_agreed": True, "next_step": "parler du foyer"})
    await whole.centre.staff.supervised.close(
        colette, contact_id, Disposition.TREATED, None, ContactActReason.STUCK
    )
    (task,) = (await owed(whole, malik)).values()
    assert task.claimed_by is not None
    assert task.claimed_by.staff_id == ines.staff_id
    free = await desk.release(colette, task.follow_up_id)
    assert (free.state, free.claimed_by) == (FollowUpState.OPEN, None)
    assert await desk.release(colette, task.follow_up_id) == free
    await desk.claim(malik, task.follow_up_id)
    # With it comes what was agreed.
    view = await whole.centre.staff.contacts.view(malik, contact_id)
    assert view.form.values["next_step"] == "parler du foyer"


async def test_a_day_agreed_dates_the_task_that_the_door_had_left(whole: WholeCentre) -> None:
    ines = await whole.ready("ines")
    contact_id = await ended(whole, ines, {**ADVICE, "suites": ["suivi_dlpm_ouvert"]})
    tasks = FollowUps(whole.engines.database, whole.engines.vault)
    now = SystemClock().now()
    left = FollowUpWanted(FollowUpKind.SPECIALIST, "dlpm_specialiste", None, "taken_in")
    before = await tasks.create(contact_id, left, now)
    assert await close(whole, ines, contact_id) == "closed"
    (after,) = (await owed(whole, ines)).values()
    assert after.follow_up_id == before.follow_up_id
    assert after.due_at is not None
    assert after.due_at > now + timedelta(hours=71)
