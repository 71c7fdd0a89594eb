"""What a waiting caller is told: the truth as far as it is known, and nothing beyond."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from config.clock import ManualClock
from config.errors import Unavailable
from config.vocabulary import Audience, EscalationOffer, OverrideKind, Urgency
from contactcenter.centre.queue.states import Picture
from contactcenter.centre.visitors.waits import KNOWN_FOR, Told, Waits, may_be_called_back
from records.contacts.waiting import WaitingCall
from tests.kit.intake import DAY, dlpm, override, picture, waiting
from tests.kit.quarantine import quarantine

CALLER = UUID(int=1)
CALL = WaitingCall(CALLER, "parent_proche", Audience.RELATIVE, Urgency.U4, 0, None)
STEPS = dlpm().urgency.escalation


def bits(*ids: str) -> int:
    return sum(1 << at for at, each in enumerate(STEPS) if each.id in ids)


def offering(offer: EscalationOffer) -> int:
    return sum(1 << at for at, each in enumerate(STEPS) if each.offer is offer)


class Known:
    """Records, an index and states that say what a test wants."""

    def __init__(self, call: WaitingCall = CALL, seconds: int | None = None) -> None:
        self.calls, self.seconds, self.down = [call], seconds, False
        self.picture: Picture = picture()
        self.clock = ManualClock(DAY)
        self.waits = Waits(self, self, self, dlpm(), quarantine(self.clock), self.clock)

    async def waiting_calls(self, _limit: int) -> list[WaitingCall]:
        if self.down:
            raise Unavailable
        return self.calls

    async def expected_wait(self, _contact_id: UUID) -> int | None:
        return self.seconds

    def of(self, queue: str, channel: object) -> object:
        return self.picture.of(queue, channel, self.clock.now())

    async def told(self, *, can_be_called: bool = True) -> Told:
        await self.waits.look()
        return self.waits.told(CALLER, "fr", can_be_called=can_be_called)


async def test_who_is_not_known_is_told_the_plain_words() -> None:
    known = Known()
    assert known.waits.told(CALLER, "fr", can_be_called=True) == Told()
    await known.waits.look()
    assert known.waits.told(UUID(int=9), "fr", can_be_called=True) == Told()


@pytest.mark.parametrize(
    ("seconds", "again", "minutes"),
    [(None, "wait", None), (0, "wait", None), (60, "wait", None), (61, "wait_minutes", 2)],
)
async def test_minutes_are_told_when_known_and_rounded_up(
    seconds: int | None, again: str, minutes: int | None
) -> None:
    told = await Known(seconds=seconds).told()
    assert (told.again, told.minutes) == (again, minutes)


async def test_an_old_estimate_is_not_told() -> None:
    known = Known(seconds=600)
    assert (await known.told()).minutes == 10
    known.down = True
    known.clock.advance(KNOWN_FOR + timedelta(seconds=1))
    assert known.waits.told(CALLER, "fr", can_be_called=True) == Told()


async def test_the_words_of_the_latest_step_replace_the_minutes() -> None:
    long = Known(replace(CALL, escalations=bits("attente_longue")), seconds=600)
    assert (await long.told()).again == "wait_saturated"
    taken = bits("specialistes_fermes", "attente_longue")
    assert (await Known(replace(CALL, escalations=taken)).told()).again == "wait_saturated"
    first = bits("specialistes_fermes")
    assert (await Known(replace(CALL, escalations=first)).told()).again == "taken_in"


async def test_nobody_there_is_said_first_and_nothing_about_many_calls() -> None:
    known = Known(replace(CALL, escalations=bits("attente_longue")), seconds=600)
    known.picture = picture(staffed=())
    told = await known.told()
    assert (told.first, told.again, told.minutes) == (("unstaffed",), "hold", None)


async def test_who_was_taken_in_for_specialists_is_told_that_they_will_know() -> None:
    home = replace(CALL, home_queue="dlpm_specialiste")
    assert (await Known(home).told()).first == ("taken_in",)
    # Said over and over by its step: not said twice.
    said = replace(home, escalations=bits("specialistes_absents"))
    told = await Known(said).told()
    assert (told.first, told.again) == ((), "taken_in")
    # Pre-answering gets no task: nobody « will know ».
    assert (await Known(replace(CALL, home_queue="pre_accueil")).told()).first == ()


async def test_a_callback_is_offered_to_adults_whose_number_is_known() -> None:
    offered = replace(CALL, escalations=offering(EscalationOffer.CALLBACK))
    told = await Known(offered).told()
    assert (told.first, told.offers_callback) == (("callback_offer",), True)
    assert not (await Known(offered).told(can_be_called=False)).offers_callback
    for audience in (Audience.MINOR, Audience.UNKNOWN):
        told = await Known(replace(offered, audience=audience)).told()
        assert (told.first, told.offers_callback) == ((), False)
        assert not may_be_called_back(audience)


async def test_the_chat_is_offered_as_words() -> None:
    offered = replace(CALL, escalations=offering(EscalationOffer.CHAT))
    told = await Known(offered).told()
    assert (told.first, told.offers_callback) == (("chat_offer",), False)


async def test_a_supervisors_message_is_told() -> None:
    known = Known()
    known.picture = picture(overrides=[override(kind=OverrideKind.MESSAGE, texts={"fr": "Grève."})])
    assert (await known.told()).message == "Grève."


async def test_who_is_being_parked_is_known_at_once_and_lost_to_no_look_under_way() -> None:
    known = Known()
    known.picture, known.calls = picture(staffed=()), []
    known.waits.note(waiting())
    assert known.waits.told(CALLER, "fr", can_be_called=False).first == ("unstaffed",)
    # A look that began before: its read did not see them yet.
    await known.waits.look()
    assert known.waits.told(CALLER, "fr", can_be_called=False).first == ("unstaffed",)
    known.clock.advance(timedelta(seconds=2))
    await known.waits.look()
    assert known.waits.told(CALLER, "fr", can_be_called=False) == Told()


async def test_everybody_is_asked_about_in_turn_and_who_left_is_forgotten() -> None:
    known = Known(seconds=120)
    known.calls = [replace(CALL, contact_id=UUID(int=at)) for at in range(1, 251)]
    for _ in range(3):
        await known.waits.look()
        known.clock.advance(timedelta(seconds=2))
    assert all(
        known.waits.told(each.contact_id, "fr", can_be_called=False).minutes == 2
        for each in known.calls
    )
    known.calls = []
    assert await known.told() == Told()
