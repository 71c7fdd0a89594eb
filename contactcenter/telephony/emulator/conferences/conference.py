"""A conference as rules: who enters and leaves, what that starts and ends. No I/O, no clock.

Source: TwiML reference for `<Conference>`: it starts when two participants are
there and one of them has startConferenceOnEnter; it ends when the last one
leaves or one with endConferenceOnExit does; all others then drop out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from contactcenter.telephony.emulator.hooks.callbacks import CallbackAddress
from contactcenter.telephony.emulator.wire import (
    CallStatus,
    ConferenceStatus,
    EndReason,
    LeaveReason,
    ParticipantStatus,
)


@dataclass(slots=True, eq=False)
class Participant:
    """One call's place in a conference, from the ringing of its leg on."""

    call_sid: str
    created_at: datetime
    updated_at: datetime
    label: str = ""
    muted: bool = False
    hold: bool = False
    hold_url: str = ""
    hold_method: str = "POST"
    coaching: bool = False
    call_sid_to_coach: str = ""
    start_on_enter: bool = True
    end_on_exit: bool = False
    beep: str = "true"
    queue_ms: int = 0
    status: ParticipantStatus = ParticipantStatus.QUEUED

    @property
    def is_present(self) -> bool:
        """Whether the participant has joined, held or not."""
        return self.status is ParticipantStatus.CONNECTED


@dataclass(frozen=True, slots=True)
class Event:
    """Something to tell the conference's callback address."""

    name: str
    sequence: int
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Effects:
    """What a change brings: events in order, and the calls that drop out with it."""

    events: tuple[Event, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Conference:
    """One conference and its participants, by call sid."""

    sid: str
    name: str
    created_at: datetime
    updated_at: datetime
    callback: CallbackAddress = field(default_factory=CallbackAddress)
    status: ConferenceStatus = ConferenceStatus.INIT
    participants: dict[str, Participant] = field(default_factory=dict)
    ended_at: datetime | None = None
    end_reason: EndReason | None = None
    ender_sid: str = ""
    sequence: int = 0

    @property
    def is_over(self) -> bool:
        """Whether the conference has ended, for ever."""
        return self.status is ConferenceStatus.COMPLETED

    @property
    def is_mixing(self) -> bool:
        """Whether participants hear each other."""
        return self.status is ConferenceStatus.IN_PROGRESS

    def present(self) -> tuple[Participant, ...]:
        """Return those who have joined, in their order of creation."""
        return tuple(p for p in self.participants.values() if p.is_present)

    def find(self, call_sid_or_label: str) -> Participant | None:
        """Return a participant by call sid, or by label."""
        by_sid = self.participants.get(call_sid_or_label)
        if by_sid is not None:
            return by_sid
        labelled = (p for p in self.participants.values() if p.label == call_sid_or_label)
        return next(labelled, None)

    def hear_callback(self, callback: CallbackAddress) -> None:
        """Set where events go; the first participant to say so is heard, later ones are not."""
        if callback.url and not self.callback.url:
            self.callback = callback

    def invite(self, participant: Participant) -> None:
        """Add a leg that is being called; it counts for nothing until it has entered."""
        self.participants[participant.call_sid] = participant

    def enter(self, participant: Participant, now: datetime) -> Effects:
        """Let a participant in; the conference may start with it."""
        self.participants[participant.call_sid] = participant
        participant.status = ParticipantStatus.CONNECTED
        participant.updated_at = self.updated_at = now
        events = [self._about("participant-join", participant)]
        present = self.present()
        may_start = len(present) >= 2 and any(p.start_on_enter for p in present)
        if self.status is ConferenceStatus.INIT and may_start:
            self.status = ConferenceStatus.IN_PROGRESS
            events.append(self._event("conference-start", {}))
        return Effects(tuple(events))

    def leave(
        self,
        call_sid: str,
        reason: LeaveReason,
        call_status: CallStatus,
        now: datetime,
        *,
        kicked: bool = False,
    ) -> Effects:
        """Let a participant out; the conference may end with it. Nothing if it is not there."""
        participant = self.participants.pop(call_sid, None)
        if participant is None:
            return Effects()
        was_present = participant.is_present
        events = [self._left(participant, reason, call_status, now)]
        if was_present and participant.end_on_exit:
            end = EndReason.ENDER_KICKED if kicked else EndReason.ENDER_LEFT
            return self._end(events, end, call_sid, LeaveReason.MODERATOR_ENDED, now)
        if not self.present():
            if was_present:
                end = EndReason.LAST_KICKED if kicked else EndReason.LAST_LEFT
                return self._end(events, end, call_sid, LeaveReason.MODERATOR_ENDED, now)
            if not self.participants:
                # Nobody ever came: it ends without a word, as it never began.
                self._close(EndReason.LAST_LEFT, call_sid, now)
        return Effects(tuple(events))

    def end(self, now: datetime) -> Effects:
        """End the conference by the API."""
        return self._end([], EndReason.VIA_API, "", LeaveReason.ENDED_VIA_API, now)

    def modified(self, participant: Participant, name: str, now: datetime) -> Effects:
        """Tell of a change to a participant's attributes, already made."""
        participant.updated_at = self.updated_at = now
        return Effects((self._about(name, participant),))

    def _end(
        self,
        events: list[Event],
        reason: EndReason,
        ender_sid: str,
        others: LeaveReason,
        now: datetime,
    ) -> Effects:
        dropped = tuple(self.participants.values())
        self.participants.clear()
        events.extend(self._left(p, others, CallStatus.IN_PROGRESS, now) for p in dropped)
        self._close(reason, ender_sid, now)
        fields = {"ReasonConferenceEnded": reason.value, "Reason": reason.value}
        if ender_sid:
            fields["CallSidEndingConference"] = ender_sid
        events.append(self._event("conference-end", fields))
        return Effects(tuple(events), tuple(p.call_sid for p in dropped))

    def _close(self, reason: EndReason, ender_sid: str, now: datetime) -> None:
        self.status = ConferenceStatus.COMPLETED
        self.end_reason = reason
        self.ender_sid = ender_sid
        self.ended_at = self.updated_at = now

    def _left(
        self, participant: Participant, reason: LeaveReason, status: CallStatus, now: datetime
    ) -> Event:
        participant.status = ParticipantStatus.COMPLETE
        participant.updated_at = self.updated_at = now
        fields = {"ReasonParticipantLeft": reason.value, "ParticipantCallStatus": status.value}
        return self._about("participant-leave", participant, fields)

    def _about(
        self, name: str, participant: Participant, extra: Mapping[str, str] | None = None
    ) -> Event:
        fields = {
            "CallSid": participant.call_sid,
            "Muted": _flag(participant.muted),
            "Hold": _flag(participant.hold),
            "Coaching": _flag(participant.coaching),
            "EndConferenceOnExit": _flag(participant.end_on_exit),
            "StartConferenceOnEnter": _flag(participant.start_on_enter),
        }
        if participant.label:
            fields["ParticipantLabel"] = participant.label
        return self._event(name, fields | dict(extra or {}))

    def _event(self, name: str, fields: Mapping[str, str]) -> Event:
        self.sequence += 1
        return Event(name, self.sequence, fields)


def _flag(value: bool) -> str:
    return "true" if value else "false"
