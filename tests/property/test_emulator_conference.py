"""A conference keeps its promises whatever comes and goes."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from contactcenter.telephony.emulator.conferences.conference import (
    Conference,
    Effects,
    Event,
    Participant,
)
from contactcenter.telephony.emulator.conferences.media import links
from contactcenter.telephony.emulator.wire import CallStatus, LeaveReason

START = datetime(2026, 1, 1, tzinfo=UTC)


class ConferenceMachine(RuleBasedStateMachine):
    """Participants ring, enter, leave and are dropped; the events must add up."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.room = Conference("CF1", "room", START, START)
        self.events: list[Event] = []
        self.joined: set[str] = set()
        self.number = 0

    def _apply(self, effects: Effects) -> None:
        self.events.extend(effects.events)
        for event in effects.events:
            if event.name == "participant-join":
                self.joined.add(event.fields["CallSid"])
            elif event.name == "participant-leave":
                self.joined.discard(event.fields["CallSid"])

    @precondition(lambda self: not self.room.is_over)
    @rule(starts=st.booleans(), ends=st.booleans(), rings_first=st.booleans())
    def enter(self, starts: bool, ends: bool, rings_first: bool) -> None:
        self.number += 1
        participant = Participant(
            f"CA{self.number}", self.now, self.now, start_on_enter=starts, end_on_exit=ends
        )
        if rings_first:
            self.room.invite(participant)
        self._apply(self.room.enter(participant, self.now))

    @precondition(lambda self: not self.room.is_over)
    @rule()
    def ring_only(self) -> None:
        self.number += 1
        self.room.invite(Participant(f"CA{self.number}", self.now, self.now))

    @rule(which=st.integers(min_value=0, max_value=20), kicked=st.booleans())
    def leave(self, which: int, kicked: bool) -> None:
        self.now += timedelta(seconds=1)
        effects = self.room.leave(
            f"CA{which}", LeaveReason.HUNG_UP, CallStatus.COMPLETED, self.now, kicked=kicked
        )
        self._apply(effects)

    @precondition(lambda self: not self.room.is_over)
    @rule()
    def end(self) -> None:
        self._apply(self.room.end(self.now))

    @invariant()
    def sequence_numbers_have_no_gap(self) -> None:
        assert [event.sequence for event in self.events] == list(range(1, len(self.events) + 1))

    @invariant()
    def those_present_are_those_told_of(self) -> None:
        assert {p.call_sid for p in self.room.present()} == self.joined

    @invariant()
    def starts_and_ends_at_most_once_and_in_that_order(self) -> None:
        names = [event.name for event in self.events if event.name.startswith("conference-")]
        assert names in (
            [],
            ["conference-start"],
            ["conference-end"],
            ["conference-start", "conference-end"],
        )

    @invariant()
    def nobody_is_left_once_over(self) -> None:
        if self.room.is_over:
            assert not self.room.participants
            assert links(self.room) == ()

    @invariant()
    def mixing_needs_somebody_who_may_start_it(self) -> None:
        for link in links(self.room):
            assert {link.a, link.b} <= self.joined


TestConference = ConferenceMachine.TestCase
