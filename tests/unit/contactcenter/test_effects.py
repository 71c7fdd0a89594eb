"""What follows a change: every course that an act may take has its row, and no other is passed over."""

from dataclasses import replace
from itertools import product

import pytest

from config.vocabulary import Channel, ContactState, EngagementState, Level
from contactcenter.centre.effects import COURSES, Effect, effects_of
from records.contacts.change import Change
from tests.kit.changes import an_engagement
from tests.kit.intake import waiting

OPEN = (EngagementState.CONNECTING, EngagementState.TALKING, EngagementState.WRAP_UP)
# What no act does: nobody's work begins with its end, goes back, or is revived.
NEVER = {
    (None, EngagementState.WRAP_UP),
    (None, EngagementState.DONE),
    (None, EngagementState.NOT_CONNECTED),
    (None, EngagementState.HANDED_OVER),
    *((state, None) for state in EngagementState),
    (EngagementState.CONNECTING, EngagementState.WRAP_UP),
    (EngagementState.CONNECTING, EngagementState.HANDED_OVER),
    (EngagementState.CONNECTING, EngagementState.DONE),
    (EngagementState.TALKING, EngagementState.CONNECTING),
    (EngagementState.TALKING, EngagementState.NOT_CONNECTED),
    (EngagementState.WRAP_UP, EngagementState.CONNECTING),
    (EngagementState.WRAP_UP, EngagementState.TALKING),
    (EngagementState.WRAP_UP, EngagementState.NOT_CONNECTED),
    (EngagementState.WRAP_UP, EngagementState.HANDED_OVER),
    *(
        (over, state)
        for over in EngagementState
        if over not in OPEN
        for state in EngagementState
        if state is not over
    ),
}


def change(
    before: EngagementState | None,
    after: EngagementState | None,
    *,
    channel: Channel = Channel.CALL,
    state: ContactState = ContactState.WAITING,
    **of_taken: object,
) -> Change:
    contact = waiting(channel=channel, state=state)
    taken = replace(an_engagement(), channel=channel, **of_taken)  # type: ignore[arg-type]
    return Change(
        contact,
        replace(contact, version=contact.version + 1),
        None if before is None else replace(taken, state=before, lost_at=None),
        None if after is None else replace(taken, state=after),
    )


def test_every_course_of_the_vocabulary_has_its_row_or_is_said_to_be_impossible() -> None:
    states = [None, *EngagementState]
    assert {*COURSES, *NEVER} == set(product(states, states))
    assert not COURSES.keys() & NEVER


@pytest.mark.parametrize(("before", "after"), sorted(NEVER, key=str))
def test_a_course_that_no_act_takes_is_refused(
    before: EngagementState | None, after: EngagementState | None
) -> None:
    with pytest.raises(KeyError):
        effects_of(change(before, after))


@pytest.mark.parametrize(("before", "after"), sorted(COURSES, key=str))
def test_screens_are_told_of_everything_and_the_index_of_all_but_an_accept(
    before: EngagementState | None, after: EngagementState | None
) -> None:
    effects = effects_of(change(before, after))
    assert Effect.SCREENS in effects
    accepted = before is None and after is not None
    assert (Effect.INDEX in effects) is not accepted


@pytest.mark.parametrize("before", OPEN)
def test_whoever_is_done_with_somebody_is_free_once(before: EngagementState) -> None:
    for after in EngagementState:
        if (before, after) in COURSES:
            over = after not in OPEN
            assert effects_of(change(before, after)).count(Effect.FREE) == over


def test_the_end_of_a_talk_rests_its_listener_and_holds_the_place_for_the_write_up() -> None:
    effects = effects_of(change(EngagementState.TALKING, EngagementState.WRAP_UP))
    assert effects[-2:] == (Effect.REST, Effect.HOLD)
    assert Effect.FREE not in effects


@pytest.mark.parametrize("level", Level)
def test_first_answering_passes_on_without_a_rest(level: Level) -> None:
    talking, handed = EngagementState.TALKING, EngagementState.HANDED_OVER
    effects = effects_of(change(talking, handed, level=level))
    assert (Effect.REST in effects) is (level is Level.LISTENING)
    assert effects[-1] is Effect.SAY_HANDED_OVER


def test_a_desk_that_was_lost_rests_nobody_and_the_person_reads_that_it_was() -> None:
    talking, handed = EngagementState.TALKING, EngagementState.HANDED_OVER
    effects = effects_of(change(talking, handed, lost_at=an_engagement().accepted_at))
    assert Effect.REST not in effects
    assert effects[-2:] == (Effect.FREE, Effect.SAY_LOST)


@pytest.mark.parametrize("state", [ContactState.ENDED, ContactState.CLOSED])
def test_nobody_is_told_anything_who_is_not_there(state: ContactState) -> None:
    for before, after in COURSES:
        effects = effects_of(change(before, after, state=state))
        assert not {Effect.SAY_LOST, Effect.SAY_HANDED_OVER} & {*effects}


def test_a_chat_wakes_no_driver_of_calls() -> None:
    for before, after in COURSES:
        assert Effect.STEPS not in effects_of(change(before, after, channel=Channel.CHAT))


def test_a_close_frees_its_listener_before_anything_is_shown() -> None:
    assert effects_of(change(EngagementState.WRAP_UP, EngagementState.DONE))[0] is Effect.FREE


def test_a_write_up_given_more_time_holds_its_place_until_then() -> None:
    writing = change(EngagementState.WRAP_UP, EngagementState.WRAP_UP)
    assert Effect.HOLD not in effects_of(writing)
    assert writing.taken_after is not None
    later = replace(writing.taken_after, wrap_up_until=an_engagement().accepted_at)
    assert effects_of(replace(writing, taken_after=later))[0] is Effect.HOLD
