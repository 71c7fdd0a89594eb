"""What a listener does with a contact beyond talking: factors, hand-over, more time, her shift."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from config.clock import SystemClock
from config.errors import CentreError, Conflict, InvalidInput, NotAllowed, NotFound
from config.vocabulary import (
    Channel,
    ContactState,
    DeclineReason,
    Disposition,
    EngagementState,
    FollowUpKind,
    FollowUpOutcome,
    FollowUpState,
    Level,
    PresenceState,
    Role,
    Urgency,
    UrgencySource,
)
from contactcenter.centre.views import ContactView
from records.actor import Principal
from records.follow_ups import FollowUps, FollowUpWanted
from tests.kit.floor import trail
from tests.kit.until import until
from tests.kit.whole_centre import WholeCentre, whole_centre

QUEUE, OTHER_QUEUE = "parent_proche", "temoin"


@pytest.fixture
async def whole(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[WholeCentre]:
    async with whole_centre(database_url, redis_url, tmp_path) as made:
        yield made


async def handed(
    whole: WholeCentre, principal: Principal, contact_id: object, queue: str, **given: object
) -> ContactView:
    values = {"needs": None, "urgency": None, "listener_id": None, **given}
    return await whole.centre.staff.contacts.hand_over(principal, contact_id, queue, **values)  # type: ignore[arg-type]


async def closed(whole: WholeCentre, principal: Principal, contact_id: object) -> None:
    desk = whole.centre.staff.contacts
    await desk.end(principal, contact_id)  # type: ignore[arg-type]
    await desk.close(principal, contact_id, Disposition.NON_CONTENT, "muet")  # type: ignore[arg-type]


async def test_the_urgency_rises_to_the_most_severe_factor_and_never_falls(
    whole: WholeCentre,
) -> None:
    ines, desk = await whole.ready(), whole.centre.staff.contacts
    contact_id = await whole.chat(QUEUE, Urgency.U4)
    await whole.take(ines)
    with pytest.raises(InvalidInput) as refused:
        await desk.tick(ines, contact_id, {"dette": "yes", "no_such_factor": "yes"})
    assert refused.value.code == "factor_unknown"
    asked = await desk.tick(ines, contact_id, {"arme": "unknown", "grossesse": "no"})
    assert (asked.urgency, asked.proposed_urgency) == (Urgency.U4, None)
    several = await desk.tick(ines, contact_id, {"dette": "yes", "age_lt_13": "yes"})
    assert (several.urgency, several.urgency_source) == (Urgency.U2, UrgencySource.FACTORS)
    assert several.proposed_urgency is Urgency.U2
    taken_back = await desk.tick(ines, contact_id, {"age_lt_13": "no"})
    assert (taken_back.urgency, taken_back.proposed_urgency) == (Urgency.U2, Urgency.U3)
    assert taken_back.factors == {
        "arme": "unknown",
        "grossesse": "no",
        "dette": "yes",
        "age_lt_13": "no",
    }
    again = await desk.tick(ines, contact_id, {"age_lt_13": "no"})
    assert again.version == taken_back.version
    # Lowering what follows from factors is the coordinator's.
    with pytest.raises(NotAllowed) as lowered:
        await desk.set_urgency(ines, contact_id, Urgency.U4, reason=None, confirm=False)
    assert lowered.value.code == "coordinator_needed"


async def test_a_contact_is_handed_over_at_its_own_place_with_its_triage(
    whole: WholeCentre,
) -> None:
    noe = await whole.ready("noe", team="coordination")
    contact_id = await whole.chat("rappel_coupure", Urgency.U4)
    await whole.take(noe)
    before = await whole.centre.staff.contacts.view(noe, contact_id)
    for mistake, code in (
        ({"queue": "nowhere"}, "queue_unknown"),
        ({"queue": "pre_accueil"}, "queue_unknown"),  # it answers calls only
        ({"queue": QUEUE, "needs": ["juggling"]}, "need_unknown"),
        ({"queue": QUEUE, "listener_id": uuid4()}, "listener_unknown"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await handed(whole, noe, contact_id, **mistake)  # type: ignore[arg-type]
        assert refused.value.code == code
    ines, malik = await whole.ready("ines"), await whole.ready("malik")
    after = await handed(
        whole, noe, contact_id, QUEUE, urgency=Urgency.U2, listener_id=malik.staff_id
    )
    assert (after.state, after.queue, after.level) == (
        ContactState.WAITING,
        QUEUE,
        Level.LISTENING,
    )
    assert (after.urgency, after.queued_at) == (Urgency.U2, before.queued_at)
    assert (await handed(whole, noe, contact_id, QUEUE)).version == after.version
    # Who was named is asked first; whoever listened to somebody in danger rests.
    offers = whole.centre.staff.offers
    assert await offers.current(ines) is None
    offer = await offers.current(malik)
    assert offer is not None
    assert offer.contact_id == contact_id
    view = await whole.centre.staff.presence.current(noe)
    assert (view.state, view.reason) == (PresenceState.BREAK, "hard_contact")
    with pytest.raises(CentreError):
        await whole.centre.staff.contacts.send(noe, contact_id, uuid4(), "trop tard")


async def test_a_listener_sees_which_colleagues_are_there_for_a_queue_and_nothing_else(
    whole: WholeCentre,
) -> None:
    noe = await whole.ready("noe", team="coordination")
    malik, rose = await whole.ready("malik"), await whole.ready("rose", team="ecoute_appels")
    await whole.ready("ada", team="specialiste", skills=())  # helps out after a minute
    await whole.listener("absent")
    elsewhere = await whole.listener("zoe", line_ids=frozenset({"snated"}))
    await whole.centre.staff.presence.declare(malik, PresenceState.BREAK)
    serving = whole.centre.staff.colleagues.serving

    async def names(who: Principal, queue: str, channel: Channel | None = None) -> list[str]:
        return [each.display_name for each in (await serving(who, queue, channel)).colleagues]

    # Those who are ready come first; who asks is not among them, nor who does not serve it.
    assert await names(noe, QUEUE) == ["Ada", "Rose", "Malik"]
    assert await names(noe, QUEUE, Channel.CHAT) == ["Ada", "Malik"]
    assert await names(rose, QUEUE) == ["Ada", "Malik"]
    assert await names(rose, "dlpm_specialiste") == []
    for who, queue in ((noe, "formulaires"), (elsewhere, QUEUE)):
        with pytest.raises(InvalidInput) as refused:
            await serving(who, queue, None)
        assert refused.value.code == "queue_unknown"


async def test_a_need_keeps_a_contact_for_those_who_can(whole: WholeCentre) -> None:
    queue = next(each for each in whole.helpline.queues if each.needs and "chat" in each.channels)
    need = queue.needs[0]
    plain = await whole.ready("ines", skills=())
    contact_id = await whole.chat(queue.id, needs=(need,))
    assert await whole.centre.staff.offers.current(plain) is None
    able = await whole.ready("malik", skills=(need,))
    offer = await whole.centre.staff.offers.current(able)
    assert offer is not None
    assert (offer.contact_id, offer.needs) == (contact_id, [need])


async def test_a_write_up_is_extended_so_often_and_no_more(whole: WholeCentre) -> None:
    ines, desk = await whole.ready(), whole.centre.staff.contacts
    contact_id = await whole.chat(QUEUE)
    await whole.take(ines)
    with pytest.raises(Conflict) as early:
        await desk.extend_wrap_up(ines, contact_id, None)
    assert early.value.code == "wrap_up_over"
    ended = await desk.end(ines, contact_id)
    assert ended.engagement is not None
    assert ended.engagement.wrap_up_until is not None
    assert ended.engagement.wrap_up_extensions_left == 2
    until = ended.engagement.wrap_up_until
    before = (await desk.view(ines, contact_id)).version
    longer = await desk.extend_wrap_up(ines, contact_id, until)
    assert (await desk.view(ines, contact_id)).version == before + 1, "it is shown at once"
    limits = whole.helpline.limits
    assert longer.wrap_up_until - until == timedelta(seconds=limits.wrap_up_extension_seconds)
    # Sent again after a lost answer: the same answer.
    assert await desk.extend_wrap_up(ines, contact_id, until) == longer
    last = await desk.extend_wrap_up(ines, contact_id, longer.wrap_up_until)
    assert last.wrap_up_extensions_left == 0
    with pytest.raises(Conflict) as refused:
        await desk.extend_wrap_up(ines, contact_id, last.wrap_up_until)
    assert refused.value.code == "wrap_up_limit"


async def test_the_end_of_a_shift_finishes_what_is_open_and_takes_nothing_new(
    whole: WholeCentre,
) -> None:
    ines, presence = await whole.ready(), whole.centre.staff.presence
    contact_id = await whole.chat(QUEUE)
    await whole.take(ines)
    leaving = await presence.declare(ines, PresenceState.LEAVING)
    assert leaving.state is PresenceState.LEAVING
    await whole.chat(QUEUE)
    assert await whole.centre.staff.offers.current(ines) is None
    assert await presence.heartbeat(ines)
    await whole.centre.staff.contacts.end(ines, contact_id)
    assert (await presence.current(ines)).state is PresenceState.LEAVING
    await whole.centre.staff.contacts.close(ines, contact_id, Disposition.NON_CONTENT, "muet")
    over = await presence.current(ines)
    assert (over.state, over.reason) == (PresenceState.OFFLINE, "shift_over")
    # With nothing open the shift is over at once.
    malik = await whole.ready("malik", team="specialiste")
    done = await presence.declare(malik, PresenceState.LEAVING)
    assert done.state is PresenceState.OFFLINE


async def test_hard_contacts_in_a_row_are_told_to_whoever_looks_after_her(
    whole: WholeCentre,
) -> None:
    ines, presence = await whole.ready(), whole.centre.staff.presence
    paul = await whole.listener("paul", Role.SUPERVISOR)

    async def alerts() -> list[object]:
        shown = await whole.centre.staff.supervision.view(paul)
        return [each.listener_id for each in shown.alerts if each.code == "hard_contacts"]

    for _ in range(whole.helpline.limits.hard_contacts_in_a_row):
        assert await alerts() == []
        contact_id = await whole.chat(QUEUE, Urgency.U2)
        await whole.take(ines)
        await closed(whole, ines, contact_id)
        rest = await presence.current(ines)
        assert (rest.state, rest.reason) == (PresenceState.BREAK, "hard_contact")
        await presence.declare(ines, PresenceState.READY)
    assert await alerts() == [ines.staff_id]
    calm = await whole.chat(QUEUE, Urgency.U5)
    await whole.take(ines)
    await closed(whole, ines, calm)
    assert await alerts() == []
    assert (await presence.current(ines)).state is PresenceState.READY


async def test_the_offered_pause_begins_when_nothing_is_left_to_write_up(
    whole: WholeCentre,
) -> None:
    ines, presence = await whole.ready(), whole.centre.staff.presence
    desk, pause = (
        whole.centre.staff.contacts,
        timedelta(seconds=whole.helpline.limits.pause_seconds),
    )
    hard = await whole.chat(QUEUE, Urgency.U2)
    await whole.take(ines)
    other = await whole.chat(QUEUE, Urgency.U5)
    await whole.take(ines)
    await desk.end(ines, hard)
    resting = await presence.current(ines)
    assert (resting.reason, resting.until) == ("hard_contact", None)
    await desk.close(ines, hard, Disposition.NON_CONTENT, "muet")
    # Somebody is still with her: that is no pause either.
    assert (await presence.current(ines)).until is None
    await desk.end(ines, other)
    before = SystemClock().now()
    await desk.close(ines, other, Disposition.NON_CONTENT, "muet")
    begun = (await presence.current(ines)).until
    assert begun is not None
    assert timedelta(0) <= begun - before - pause < timedelta(seconds=5)
    # Her own word ends it, and nothing begins it again.
    await presence.declare(ines, PresenceState.READY)
    assert await presence.released(ines.staff_id) is None
    after = await presence.current(ines)
    assert (after.state, after.until) == (PresenceState.READY, None)


async def test_the_offered_pause_begins_when_the_time_to_write_up_is_over(
    whole: WholeCentre, admin_database_url: str
) -> None:
    ines, presence = await whole.ready(), whole.centre.staff.presence
    contact_id = await whole.chat(QUEUE, Urgency.U1)
    await whole.take(ines)
    desk = whole.centre.staff.contacts
    await desk.end(ines, contact_id)
    await whole.centre.sweep.round()
    assert (await presence.current(ines)).until is None
    records = await asyncpg.connect(admin_database_url)
    await records.execute(
        "UPDATE engagement SET wrap_up_until = wrap_up_at WHERE contact_id = $1", contact_id
    )
    await records.close()
    await whole.engines.router.wrap_up(ines.staff_id, contact_id, 1)

    async def pause() -> datetime | None:
        await whole.centre.sweep.round()
        return (await presence.current(ines)).until

    begun = await until(pause)
    # She may still finish it: the pause that has begun goes on.
    await desk.close(ines, contact_id, Disposition.NON_CONTENT, "muet")
    assert (await presence.current(ines)).until == begun


async def test_a_follow_up_is_claimed_by_one_and_settled_once(whole: WholeCentre) -> None:
    ines, malik = await whole.listener("ines"), await whole.listener("malik")
    contact_id = await whole.chat(QUEUE)
    kept = FollowUps(whole.engines.database, whole.engines.vault)
    wanted = FollowUpWanted(FollowUpKind.SPECIALIST, "dlpm_specialiste")
    owed = await kept.create(contact_id, wanted, SystemClock().now())
    desk = whole.centre.staff.follow_ups
    (listed,) = (await desk.list(ines)).follow_ups
    assert (listed.follow_up_id, listed.queue_label) == (owed.follow_up_id, "Équipe spécialisée")
    mine = await desk.claim(ines, owed.follow_up_id)
    assert mine.claimed_by is not None
    assert mine.claimed_by.display_name == "Ines"
    with pytest.raises(Conflict) as refused:
        await desk.claim(malik, owed.follow_up_id)
    assert refused.value.code == "follow_up_claimed"
    done = await desk.done(ines, owed.follow_up_id, FollowUpOutcome.TAKEN_UP)
    assert (done.state, done.outcome) == (FollowUpState.DONE, "taken_up")
    assert await desk.done(ines, owed.follow_up_id, FollowUpOutcome.TAKEN_UP) == done
    assert (await desk.list(ines)).follow_ups == []


async def test_nobody_is_offered_a_contact_of_a_line_that_her_account_lacks(
    whole: WholeCentre,
) -> None:
    ines = await whole.listener("ines", line_ids=frozenset({"dlpm"}))
    presence, offers = whole.centre.staff.presence, whole.centre.staff.offers
    await presence.declare(ines, PresenceState.READY)
    # Her own lanes may hold one of another line all the same: danger has one queue for all.
    foreign = await whole.chat("urgence_coordination", Urgency.U1, line="snated")
    offered = await whole.engines.router.offer_of(ines.staff_id)
    assert offered is not None
    with pytest.raises(NotFound):
        await offers.accept(ines, offered.offer_id)
    malik = await whole.ready("malik")
    assert await offers.current(ines) is None
    shown = await offers.current(malik)
    assert shown is not None
    assert shown.contact_id == foreign
    # Of her own line she is offered everything, at once.
    own = await whole.chat(QUEUE)
    mine = await offers.current(ines)
    assert mine is not None
    assert mine.contact_id == own
    # A team with no lane on her lines takes no contacts.
    noe = await whole.listener("noe", team="coordination", line_ids=frozenset({"snated"}))
    with pytest.raises(NotAllowed) as refused:
        await presence.declare(noe, PresenceState.READY)
    assert refused.value.code == "no_profile"


async def test_an_offer_is_refused_to_others_and_on_another_line_there_is_none(
    whole: WholeCentre,
) -> None:
    ines, malik = await whole.ready("ines"), await whole.listener("malik")
    elsewhere = await whole.listener("zoe", line_ids=frozenset({"snated"}))
    contact_id, offers = await whole.chat(QUEUE), whole.centre.staff.offers
    offer = await offers.current(ines)
    assert offer is not None
    her_other_session = await whole.second_session(ines)
    for who, refusal in (
        (malik, NotAllowed),
        (her_other_session, NotAllowed),
        (elsewhere, NotFound),
    ):
        with pytest.raises(refusal):
            await offers.accept(who, offer.offer_id)
        with pytest.raises(refusal):
            await offers.decline(who, offer.offer_id, DeclineReason.OTHER)
    # Of her own line: kept in the trail, as every other refusal.
    assert await trail(whole, "access_refused") == [{"right": "contact_serve"}] * 4
    assert await offers.accept(ines, offer.offer_id) == contact_id


async def test_a_newer_session_takes_over_with_the_skills_of_the_account(
    whole: WholeCentre,
) -> None:
    ines = await whole.ready("ines", skills=("minors", "lsf"))
    again = await whole.second_session(ines)
    await whole.centre.staff.presence.declare(again, PresenceState.READY)
    paul = await whole.listener("paul", Role.SUPERVISOR)
    (shown,) = (await whole.centre.staff.supervision.view(paul)).listeners
    assert shown.profile == whole.helpline.profile_for("ecoute", ("minors", "lsf")).id
    assert shown.skills == ["lsf", "minors"]
    contact_id = await whole.chat(QUEUE)
    assert await whole.take(again) == contact_id
    view = await whole.centre.staff.contacts.view(again, contact_id)
    assert view.engagement is not None
    assert view.engagement.state is EngagementState.TALKING
