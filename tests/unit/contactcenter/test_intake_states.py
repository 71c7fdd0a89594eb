"""Whether a queue answers: hours, supervisors' words, presence, counts; nothing claimed unknown."""

from datetime import timedelta

import pytest

from config.clock import ManualClock
from config.errors import Unavailable
from config.vocabulary import Channel, OverrideKind, QueueStateKind
from contactcenter.centre.queue.states import (
    COUNTS_LAST,
    Picture,
    QueueState,
    QueueStates,
    counts_of,
)
from records.overrides import QueueOverride
from routing.model import LaneLoad, Overview
from tests.kit.intake import DAY, NIGHT, dlpm, override, picture, with_queue

CALL, CHAT = Channel.CALL, Channel.CHAT
OPEN, CLOSED = QueueStateKind.OPEN, QueueStateKind.CLOSED
FULL, UNSTAFFED = QueueStateKind.FULL, QueueStateKind.UNSTAFFED


def test_a_queue_outside_its_hours_is_closed_and_says_when_it_opens() -> None:
    state = picture().of("dlpm_specialiste", CALL, NIGHT)
    assert (state.kind, state.reopens_at) == (CLOSED, DAY.replace(day=5, hour=7, minute=0))
    assert state.is_closed


def test_in_its_hours_a_queue_without_anybody_is_unstaffed_and_with_somebody_open() -> None:
    nobody, somebody = picture(staffed=()), picture(staffed=["mineur_pour_soi"])
    assert nobody.of("mineur_pour_soi", CHAT, DAY) == QueueState(UNSTAFFED)
    assert somebody.of("mineur_pour_soi", CHAT, DAY) == QueueState(OPEN)
    assert somebody.of("professionnel", CHAT, DAY).kind is UNSTAFFED


def test_what_is_not_known_is_not_claimed_but_hours_always_count() -> None:
    unknown = picture(staffed=None)
    assert unknown.of("mineur_pour_soi", CALL, DAY).kind is OPEN
    assert unknown.of("dlpm_specialiste", CALL, NIGHT).kind is CLOSED
    assert not unknown.has_first_choice("dlpm:pre_accueil:call:fr")


def test_a_queue_is_full_once_as_many_wait_as_it_holds_on_that_channel() -> None:
    rules = with_queue("professionnel", full_at=3)
    assert picture(rules, waiting={"professionnel": 2}).of("professionnel", CALL, DAY).kind is OPEN
    assert picture(rules, waiting={"professionnel": 3}).of("professionnel", CALL, DAY).kind is FULL


def test_a_queue_that_does_not_exist_is_closed() -> None:
    assert picture().of("nulle_part", CALL, DAY).kind is CLOSED


def test_a_supervisors_closing_wins_over_the_hours_until_its_end() -> None:
    until = DAY + timedelta(hours=1)
    seen = picture(overrides=[override("professionnel", CALL, until=until)])
    assert seen.of("professionnel", CALL, DAY) == QueueState(CLOSED, until)
    assert seen.of("professionnel", CHAT, DAY).kind is OPEN
    assert seen.of("professionnel", CALL, until).kind is OPEN


def test_a_message_is_said_whatever_the_state_and_a_queues_own_before_everybodys() -> None:
    everybody = override(kind=OverrideKind.MESSAGE, texts={"fr": "Grève.", "en": "Strike."})
    own = override("professionnel", kind=OverrideKind.MESSAGE, texts={"fr": "Travaux."})
    seen = picture(overrides=[own, everybody])
    assert seen.of("mineur_pour_soi", CALL, DAY).says("en") == "Strike."
    assert seen.of("professionnel", CALL, DAY).says("en") == "Travaux."
    assert seen.of("dlpm_specialiste", CALL, NIGHT).says("fr") == "Grève."
    assert picture().of("professionnel", CALL, DAY).says("fr") is None


def test_a_closing_with_words_says_them() -> None:
    seen = picture(overrides=[override("professionnel", texts={"fr": "Fermé ce soir."})])
    assert seen.of("professionnel", CALL, DAY).says("fr") == "Fermé ce soir."


def test_what_is_said_of_one_line_is_not_said_of_another() -> None:
    seen = picture(overrides=[override(line="snated")])
    assert seen.of("ecoute_119", CALL, DAY).kind is CLOSED
    assert seen.of("mineur_pour_soi", CALL, DAY).kind is OPEN


def test_helpers_keep_a_queue_staffed_without_being_its_first_choice() -> None:
    specialists = dlpm().profile_for("specialiste", ()).id
    overview = Overview(
        0, {"dlpm:mineur_pour_soi:call:fr": LaneLoad(4, 0)}, free={}, present={specialists: 2}
    )
    counts = counts_of(dlpm(), overview)
    count = counts["dlpm:mineur_pour_soi:call:fr"]
    assert (count.waiting, count.first_choice, count.helpers) == (4, 0, 2)
    seen = Picture(dlpm(), (), counts)
    assert seen.of("mineur_pour_soi", CALL, DAY).kind is OPEN
    assert not seen.has_first_choice("dlpm:mineur_pour_soi:call:fr")
    assert seen.has_first_choice("dlpm:urgence_coordination:call:fr")


class Engines:
    """An index and a database that answer, or do not."""

    def __init__(self) -> None:
        self.said: list[QueueOverride] = []
        self.index_down = self.database_down = False

    async def overview(self) -> Overview:
        if self.index_down:
            raise Unavailable
        return Overview(0, {}, free={}, present={})

    async def current(self, line_id: str, _now: object) -> list[QueueOverride]:
        if self.database_down:
            raise Unavailable
        return [each for each in self.said if each.line_id == line_id]


async def test_one_engine_away_does_not_hide_what_the_other_says() -> None:
    engines, clock = Engines(), ManualClock(DAY)
    states = QueueStates(engines, engines, dlpm(), clock)
    assert states.of("mineur_pour_soi", CALL).kind is OPEN  # never looked: nothing is claimed
    engines.index_down, engines.said = True, [override("professionnel")]
    with pytest.raises(Unavailable):
        await states.look()
    assert states.of("professionnel", CALL).kind is CLOSED
    engines.index_down, engines.database_down = False, True
    with pytest.raises(Unavailable):
        await states.look()
    # What was said last holds, and presence is known now.
    assert states.of("professionnel", CALL).kind is CLOSED
    assert states.of("mineur_pour_soi", CALL).kind is UNSTAFFED


async def test_presence_that_was_not_heard_for_a_while_says_nothing_any_more() -> None:
    engines, clock = Engines(), ManualClock(DAY)
    states = QueueStates(engines, engines, dlpm(), clock)
    await states.look()
    assert states.of("mineur_pour_soi", CALL).kind is UNSTAFFED
    clock.advance(COUNTS_LAST + timedelta(milliseconds=1))
    assert states.of("mineur_pour_soi", CALL).kind is OPEN
