"""For whom an escalation step is, and what it says: judged from the rules and what is known."""

from datetime import UTC, datetime

import pytest

from config.helpline.helpline import Helpline
from config.helpline.load import load_helpline
from config.helpline.schema.urgency import EscalationStep
from config.settings import PACKAGED_HELPLINES
from config.vocabulary import Channel, EscalationWhen, QueueStateKind, Urgency
from contactcenter.centre.queue.escalation import places_of, said_by
from contactcenter.centre.queue.states import LaneCount, Picture

CALL, CHAT = Channel.CALL, Channel.CHAT
MONDAY_NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
SUNDAY_NIGHT = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def helpline() -> Helpline:
    return load_helpline(PACKAGED_HELPLINES / "dlpm")


def step(**given) -> EscalationStep:
    return EscalationStep(id="one", after_seconds=5, urgencies=("U1", "U3"), **given)


def all_places(helpline: Helpline) -> set[tuple[str, Channel]]:
    return {(queue.id, channel) for queue in helpline.queues for channel in queue.channels}


def test_a_step_without_queues_is_for_every_queue_on_its_channels(helpline: Helpline) -> None:
    found = places_of(step(), helpline, Picture(helpline), MONDAY_NOON)
    assert set(found) == all_places(helpline)
    chats = places_of(step(channels=(CHAT,)), helpline, Picture(helpline), MONDAY_NOON)
    assert set(chats) == {place for place in all_places(helpline) if place[1] is CHAT}


def test_a_step_names_queues_and_never_a_channel_they_do_not_have(helpline: Helpline) -> None:
    named = step(queues=("pre_accueil", "mineur_pour_soi"))
    found = places_of(named, helpline, Picture(helpline), MONDAY_NOON)
    assert set(found) == {
        ("pre_accueil", CALL),
        ("mineur_pour_soi", CALL),
        ("mineur_pour_soi", CHAT),
    }


def test_when_closed_it_is_for_closed_queues_alone(helpline: Helpline) -> None:
    specialists = step(queues=("dlpm_specialiste",), when=EscalationWhen.CLOSED)
    picture = Picture(helpline)
    assert places_of(specialists, helpline, picture, MONDAY_NOON) == []
    assert ("dlpm_specialiste", CALL) in places_of(specialists, helpline, picture, SUNDAY_NIGHT)
    opened = step(queues=("dlpm_specialiste",), when=EscalationWhen.OPEN)
    assert places_of(opened, helpline, picture, SUNDAY_NIGHT) == []


def test_unstaffed_is_only_what_is_known_to_be(helpline: Helpline) -> None:
    absent = step(queues=("dlpm_specialiste",), when=EscalationWhen.UNSTAFFED)
    assert places_of(absent, helpline, Picture(helpline), MONDAY_NOON) == []  # nothing is known
    nobody = Picture(helpline, counts={})
    assert ("dlpm_specialiste", CALL) in places_of(absent, helpline, nobody, MONDAY_NOON)
    lanes = [lane.id for lane in helpline.lanes() if lane.queue == "dlpm_specialiste"]
    there = Picture(helpline, counts=dict.fromkeys(lanes, LaneCount(first_choice=1)))
    assert places_of(absent, helpline, there, MONDAY_NOON) == []


def test_a_full_queue_counts_as_open(helpline: Helpline) -> None:
    full = next(queue for queue in helpline.queues if queue.full_at)
    lanes = [lane.id for lane in helpline.lanes() if lane.queue == full.id]
    many = LaneCount(waiting=full.full_at or 0, first_choice=1)
    picture = Picture(helpline, counts=dict.fromkeys(lanes, many))
    channel = full.channels[0]
    now = MONDAY_NOON
    assert picture.of(full.id, channel, now).kind is QueueStateKind.FULL
    while_open = step(queues=(full.id,), when=EscalationWhen.OPEN)
    assert (full.id, channel) in places_of(while_open, helpline, picture, now)


def test_a_chat_is_told_the_text_and_the_offer_there_are_words_for(helpline: Helpline) -> None:
    assert said_by(step(text="wait_saturated", offer="call"), helpline) == [
        "chat.wait_saturated",
        "chat.call_offer",
    ]
    assert said_by(step(), helpline) == []
    assert said_by(step(offer="chat"), helpline) == []  # to write is what they do already


def test_every_packaged_step_is_for_somebody(helpline: Helpline) -> None:
    for each in helpline.urgency.escalation:
        anywhere = each.model_copy(update={"when": EscalationWhen.ANY})
        assert places_of(anywhere, helpline, Picture(helpline), MONDAY_NOON), each.id
    assert Urgency.U1 in helpline.urgency.escalation[0].urgencies
