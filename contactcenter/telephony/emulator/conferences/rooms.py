"""The conferences in progress: their callbacks, their sounds, their peer connections."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from config.clock import Clock
from contactcenter.telephony.emulator.calls.call import Call
from contactcenter.telephony.emulator.calls.sids import new_sid
from contactcenter.telephony.emulator.conferences.conference import Conference, Effects, Participant
from contactcenter.telephony.emulator.conferences.media import Endpoint, Peering, links
from contactcenter.telephony.emulator.documents.outcomes import HangUp
from contactcenter.telephony.emulator.hooks.callbacks import CallbackAddress, Callbacks
from contactcenter.telephony.emulator.wire import (
    CONFERENCE_EVENTS,
    CallStatus,
    LeaveReason,
    ParticipantStatus,
)

KEPT_CONFERENCES = 2000
MAX_PARTICIPANTS = 250


class Sound(StrEnum):
    """What a participant hears."""

    NONE = "none"  # out of the conference: what follows is the line's own
    WAITING = "waiting"
    TALKING = "talking"
    HELD = "held"


@dataclass(slots=True, eq=False)
class Stay:
    """One call's stay in a conference, awaited by the call's own work."""

    conference: Conference
    participant: Participant
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def sound(self) -> Sound:
        """Return what this participant hears now."""
        if self.participant.hold:
            return Sound.HELD
        return Sound.TALKING if self.conference.is_mixing else Sound.WAITING


class Rooms:
    """All conferences by sid; names are unique among those not over."""

    def __init__(
        self, account_sid: str, clock: Clock, callbacks: Callbacks, calls: Mapping[str, Call]
    ) -> None:
        """Serve the calls of `calls`."""
        self._account_sid = account_sid
        self._clock = clock
        self._callbacks = callbacks
        self._calls = calls
        self.conferences: OrderedDict[str, Conference] = OrderedDict()
        self._stays: dict[str, Stay] = {}
        self._peerings: dict[str, Peering] = {}

    def get(self, sid: str) -> Conference | None:
        """Return a conference by sid, over or not."""
        return self.conferences.get(sid)

    def open(self, name_or_sid: str) -> Conference | None:
        """Return the conference of that sid or name that is not over."""
        conference = self.conferences.get(name_or_sid)
        if conference is not None:
            return None if conference.is_over else conference
        open_ = (c for c in self.conferences.values() if c.name == name_or_sid and not c.is_over)
        return next(open_, None)

    def open_or_make(self, name: str) -> Conference:
        """Return the open conference of that name, made on demand."""
        found = self.open(name)
        if found is not None:
            return found
        now = self._clock.now()
        conference = Conference(sid=new_sid("CF"), name=name, created_at=now, updated_at=now)
        self.conferences[conference.sid] = conference
        self._forget_old_conferences()
        return conference

    def _forget_old_conferences(self) -> None:
        """Keep those in progress, whose number the number of calls bounds, and the last ended."""
        excess = len(self.conferences) - KEPT_CONFERENCES
        if excess > 0:
            over = [sid for sid, each in self.conferences.items() if each.is_over]
            for sid in over[:excess]:
                del self.conferences[sid]

    def participant(self, call: Call, **attributes: object) -> Participant:
        """Return a participant for a call, with the given attributes."""
        now = self._clock.now()
        participant = Participant(
            call_sid=call.sid, created_at=now, updated_at=now, queue_ms=call.queue_ms
        )
        for name, value in attributes.items():
            setattr(participant, name, value)
        return participant

    def invite(
        self, conference: Conference, participant: Participant, callback: CallbackAddress
    ) -> None:
        """Add a leg that is being called."""
        conference.hear_callback(callback)
        conference.invite(participant)

    def enter(
        self, conference: Conference, participant: Participant, callback: CallbackAddress
    ) -> Stay:
        """Let a call in; its work then awaits the stay."""
        conference.hear_callback(callback)
        stay = Stay(conference, participant)
        self._stays[participant.call_sid] = stay
        self._apply(conference, conference.enter(participant, self._clock.now()))
        self._beep(conference, participant, {"true", "onEnter"})
        return stay

    def leave(
        self,
        conference: Conference,
        participant: Participant,
        reason: LeaveReason,
        status: CallStatus,
        *,
        kicked: bool = False,
    ) -> None:
        """Let a call out, whether it had entered or was still ringing."""
        present = participant.is_present
        effects = conference.leave(
            participant.call_sid, reason, status, self._clock.now(), kicked=kicked
        )
        self._release(participant.call_sid)
        self._apply(conference, effects)
        if present:
            self._beep(conference, participant, {"true", "onExit"})

    def failed(self, conference: Conference, participant: Participant, status: CallStatus) -> None:
        """Take out a leg that was never answered."""
        self.leave(conference, participant, LeaveReason.ADD_FAILED, status)
        participant.status = ParticipantStatus.FAILED

    def withdraw(self, call_sid: str) -> None:
        """Take a call that has ended out of wherever it still stands, ringing or talking."""
        for conference in self.conferences.values():
            participant = conference.participants.get(call_sid)
            if participant is not None:
                self.leave(conference, participant, LeaveReason.HUNG_UP, CallStatus.COMPLETED)

    def end(self, conference: Conference) -> None:
        """End a conference by the API."""
        self._apply(conference, conference.end(self._clock.now()))

    def modified(self, conference: Conference, participant: Participant, name: str) -> None:
        """Tell of changed attributes and let the sound follow."""
        self._apply(conference, conference.modified(participant, name, self._clock.now()))

    def may_signal(self, one: str, other: str) -> bool:
        """Return whether two calls are connected in the same conference."""
        stay = self._stays.get(one)
        peering = self._peerings.get(stay.conference.sid) if stay is not None else None
        return peering is not None and peering.are_linked(one, other)

    def _apply(self, conference: Conference, effects: Effects) -> None:
        now = self._clock.now()
        for event in effects.events:
            if conference.callback.wants(CONFERENCE_EVENTS[event.name]):
                fields = {
                    "AccountSid": self._account_sid,
                    "ConferenceSid": conference.sid,
                    "FriendlyName": conference.name,
                    "SequenceNumber": str(event.sequence),
                    "StatusCallbackEvent": event.name,
                    "Timestamp": now.strftime("%a, %d %b %Y %H:%M:%S +0000"),
                    **event.fields,
                }
                self._callbacks.send(conference.sid, event.name, conference.callback, fields)
        for call_sid in effects.dropped:
            if call_sid in self._stays:
                self._release(call_sid)
            else:
                # Still ringing: nobody is left to talk to.
                self._calls[call_sid].give(HangUp(CallStatus.CANCELED, by_person=False))
        for call_sid in conference.participants:
            if call_sid in self._stays:
                self._stays[call_sid].changed.set()
        self._connect(conference)

    def _release(self, call_sid: str) -> None:
        stay = self._stays.pop(call_sid, None)
        if stay is not None:
            stay.gone.set()
            # Who is put back in a queue, or said goodbye to, is with nobody any more.
            if call_sid in self._calls:
                self._calls[call_sid].tell({"type": "conference", "sound": Sound.NONE.value})

    def _connect(self, conference: Conference) -> None:
        peering = self._peerings.setdefault(conference.sid, Peering())
        peering.update(links(conference), self._endpoint)
        for call_sid in conference.participants:
            if call_sid in self._stays:
                self._calls[call_sid].tell(
                    {"type": "conference", "sound": self._stays[call_sid].sound().value}
                )
        if conference.is_over:
            del self._peerings[conference.sid]

    def _endpoint(self, call_sid: str) -> Endpoint | None:
        call = self._calls.get(call_sid)
        return call.endpoint if call is not None else None

    def _beep(self, conference: Conference, of: Participant, when: set[str]) -> None:
        if of.beep in when:
            for participant in conference.present():
                self._calls[participant.call_sid].tell({"type": "beep"})
