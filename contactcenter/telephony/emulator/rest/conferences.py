"""REST acts on conferences and their participants."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from contactcenter.telephony.emulator import wire
from contactcenter.telephony.emulator.calls.exchange import Exchange
from contactcenter.telephony.emulator.calls.flows import Invitation, call_participant
from contactcenter.telephony.emulator.conferences.conference import Conference, Participant
from contactcenter.telephony.emulator.conferences.rooms import MAX_PARTICIPANTS
from contactcenter.telephony.emulator.hooks.callbacks import CallbackAddress
from contactcenter.telephony.emulator.rest.errors import WireError, invalid, not_found
from contactcenter.telephony.emulator.rest.interface import (
    Fields,
    Rest,
    conference_json,
    events,
    flag,
    number,
    page,
    participant_json,
)
from contactcenter.telephony.emulator.wire import CallStatus, ConferenceStatus, LeaveReason

DEFAULT_CONFERENCE_EVENTS = "start end"


class RestConferences:
    """The Conferences and Participants resources."""

    def __init__(self, exchange: Exchange) -> None:
        """Act on the conferences of `exchange`."""
        self._exchange = exchange
        self._account = exchange.config.account_sid

    def routes(self, rest: Rest) -> list[web.RouteDef]:
        """Return the routes of these resources."""
        return [
            rest.route("get", wire.CONFERENCES, self.list),
            rest.route("get", wire.CONFERENCE, self.read),
            rest.route("post", wire.CONFERENCE, self.end),
            rest.route("get", wire.PARTICIPANTS, self.participants),
            rest.route("post", wire.PARTICIPANTS, self.call),
            rest.route("get", wire.PARTICIPANT, self.participant),
            rest.route("post", wire.PARTICIPANT, self.update),
            rest.route("delete", wire.PARTICIPANT, self.remove),
        ]

    async def list(self, request: web.Request, fields: Fields) -> dict[str, Any]:
        """Return conferences, newest first; with a lag, the list shows the past.

        What was made within the lag is missing, what ended within it still
        stands as in progress. Without a status only those in progress are
        listed, so not one whose first participant still rings. Source:
        Twilio's change of 30 September 2026.
        """
        wanted = fields.get("Status", ConferenceStatus.IN_PROGRESS.value)
        if wanted not in set(ConferenceStatus):
            raise invalid("Status")
        lag = timedelta(seconds=self._exchange.faults.plan.list_lag_seconds)
        horizon = self._exchange.clock.now() - lag
        found = []
        for conference in reversed(self._exchange.rooms.conferences.values()):
            shown = conference_json(self._account, conference)
            if conference.ended_at is not None and conference.ended_at > horizon:
                shown["status"] = ConferenceStatus.IN_PROGRESS.value
            if (
                conference.created_at <= horizon
                and wanted == shown["status"]
                and fields.get("FriendlyName", conference.name) == conference.name
            ):
                found.append(shown)
        return page(request, fields, "conferences", found)

    async def read(self, request: web.Request, fields: Fields) -> dict[str, Any]:  # noqa: ARG002
        """Return one conference by sid, over or not."""
        conference = self._exchange.rooms.get(request.match_info["Sid"])
        if conference is None:
            raise not_found(request.path)
        return conference_json(self._account, conference)

    async def end(self, request: web.Request, fields: Fields) -> dict[str, Any]:
        """End a conference: everyone drops out."""
        conference = self._exchange.rooms.get(request.match_info["Sid"])
        if conference is None or conference.is_over:
            raise not_found(request.path)
        if fields.get("Status") != "completed":
            raise invalid("Status")
        self._exchange.rooms.end(conference)
        return conference_json(self._account, conference)

    async def participants(self, request: web.Request, fields: Fields) -> dict[str, Any]:
        """Return those connecting or connected; nobody once the conference is over.

        A conference is named by sid here: a friendly name is understood only
        when a participant is created, as Twilio documents no more than that.
        """
        conference = self._exchange.rooms.get(request.match_info["ConferenceSid"])
        if conference is None:
            raise not_found(request.path)
        lag = timedelta(seconds=self._exchange.faults.plan.list_lag_seconds)
        horizon = self._exchange.clock.now() - lag
        found = [
            participant_json(self._account, conference, participant)
            for participant in conference.participants.values()
            if participant.created_at <= horizon
            and all(
                flag(fields, name, default=value) is value
                for name, value in (
                    ("Muted", participant.muted),
                    ("Hold", participant.hold),
                    ("Coaching", participant.coaching),
                )
            )
        ]
        return page(request, fields, "participants", found)

    async def call(self, request: web.Request, fields: Fields) -> dict[str, Any]:
        """Call a softphone into a conference, which a friendly name makes on demand."""
        rooms = self._exchange.rooms
        name_or_sid = request.match_info["ConferenceSid"]
        if rooms.get(name_or_sid) is not None and rooms.open(name_or_sid) is None:
            raise not_found(request.path)
        asked = _asked(fields)
        self._refuse_label_or_full(rooms.open(name_or_sid), fields)
        call = self._exchange.new_call(
            "outbound-api",
            fields["From"],
            f"client:{asked.identity}",
            callback=_callback(fields, "StatusCallback", "completed", wire.CALL_EVENTS),
        )
        if call is None:
            raise WireError(429, 20429, "Too Many Requests")
        conference = rooms.open_or_make(name_or_sid)
        participant = rooms.participant(call, **asked.attributes)
        rooms.invite(conference, participant, asked.callback)
        invitation = Invitation(
            conference=conference,
            participant=participant,
            callback=asked.callback,
            identity=asked.identity,
            parameters=asked.parameters,
            ring_seconds=asked.ring_seconds,
            wait_url=fields.get("WaitUrl"),
            wait_method=asked.wait_method,
        )
        call_participant(self._exchange, call, invitation)
        return participant_json(self._account, conference, participant)

    def _refuse_label_or_full(self, conference: Conference | None, fields: Fields) -> None:
        most = number(fields, "MaxParticipants", MAX_PARTICIPANTS, 2, MAX_PARTICIPANTS)
        if conference is None:
            return
        label = fields.get("Label", "")
        if label and conference.find(label) is not None:
            # 16025: a participant of that label is already in the conference.
            raise WireError(400, 16025, "Participant label already exists in this conference")
        if len(conference.participants) >= most:
            raise invalid("MaxParticipants")

    async def participant(self, request: web.Request, fields: Fields) -> dict[str, Any]:  # noqa: ARG002
        """Return one participant, by call sid or label."""
        conference, participant = self._find(request)
        return participant_json(self._account, conference, participant)

    async def update(self, request: web.Request, fields: Fields) -> dict[str, Any]:
        """Change how a participant takes part; each kind of change has its event.

        `EndConferenceOnExit` of one on hold is answered as if it were done, and
        is not: they are to be taken off hold first.
        """
        conference, participant = self._find(request)
        before = (participant.muted, participant.hold)
        ender = participant.end_on_exit
        modified = bool({"EndConferenceOnExit", "Coaching", "CallSidToCoach"} & set(fields))
        participant.muted = flag(fields, "Muted", default=participant.muted)
        participant.hold = flag(fields, "Hold", default=participant.hold)
        participant.hold_url = fields.get("HoldUrl", participant.hold_url)
        participant.hold_method = _method(fields, "HoldMethod")
        participant.end_on_exit = flag(
            fields, "EndConferenceOnExit", default=participant.end_on_exit
        )
        if before[1]:
            participant.end_on_exit = ender
        participant.call_sid_to_coach = fields.get("CallSidToCoach", participant.call_sid_to_coach)
        participant.coaching = flag(
            fields, "Coaching", default="CallSidToCoach" in fields or participant.coaching
        )
        rooms = self._exchange.rooms
        if participant.muted is not before[0]:
            name = "participant-mute" if participant.muted else "participant-unmute"
            rooms.modified(conference, participant, name)
        if participant.hold is not before[1]:
            name = "participant-hold" if participant.hold else "participant-unhold"
            rooms.modified(conference, participant, name)
        if modified:
            rooms.modified(conference, participant, "participant-modify")
        return participant_json(self._account, conference, participant)

    async def remove(self, request: web.Request, fields: Fields) -> None:  # noqa: ARG002
        """Take a participant out; a caller goes on with the document, a called leg ends."""
        conference, participant = self._find(request)
        self._exchange.rooms.leave(
            conference,
            participant,
            LeaveReason.UPDATED_VIA_API,
            CallStatus.IN_PROGRESS,
            kicked=True,
        )
        call = self._exchange.live_call(participant.call_sid)
        if call is not None and call.answered_at is None:
            self._exchange.hang_up(call, by_person=False)

    def _find(self, request: web.Request) -> tuple[Conference, Participant]:
        conference = self._exchange.rooms.get(request.match_info["ConferenceSid"])
        if conference is None:
            raise not_found(request.path)
        participant = conference.find(request.match_info["CallSid"])
        if participant is None:
            raise not_found(request.path)
        return conference, participant


@dataclass(frozen=True, slots=True)
class _Asked:
    """The fields of a new participant, all of them checked before anything is made."""

    identity: str
    parameters: dict[str, str]
    attributes: dict[str, object]
    callback: CallbackAddress
    ring_seconds: int
    wait_method: str


def _asked(fields: Fields) -> _Asked:
    identity, parameters = _client(fields["To"])
    coach = fields.get("CallSidToCoach", "")
    return _Asked(
        identity=identity,
        parameters=parameters,
        attributes={
            "label": fields.get("Label", ""),
            "muted": flag(fields, "Muted", default=False),
            "coaching": flag(fields, "Coaching", default=bool(coach)),
            "call_sid_to_coach": coach,
            "start_on_enter": flag(fields, "StartConferenceOnEnter", default=True),
            "end_on_exit": flag(fields, "EndConferenceOnExit", default=False),
            "beep": fields.get("Beep", "true"),
        },
        callback=_callback(
            fields,
            "ConferenceStatusCallback",
            DEFAULT_CONFERENCE_EVENTS,
            wire.CONFERENCE_EVENTS.values(),
        ),
        ring_seconds=number(fields, "Timeout", 60, 5, 600),
        wait_method=_method(fields, "WaitMethod"),
    )


def _callback(
    fields: Fields, name: str, default_events: str, known: Iterable[str]
) -> CallbackAddress:
    """Return where events go. With one that does not exist among them, none is ever sent."""
    asked = events(fields, f"{name}Event", default_events)
    return CallbackAddress(
        fields.get(name, ""),
        _method(fields, f"{name}Method"),
        asked if asked <= set(known) else frozenset(),
    )


def _client(to: str) -> tuple[str, dict[str, str]]:
    """Return the identity and custom parameters of `client:identity?name=value`."""
    scheme, _, rest = to.partition(":")
    identity, _, query = rest.partition("?")
    if scheme != "client" or not identity:
        # Numbers and SIP addresses cannot be reached from here. Twilio: 13223, 13224.
        raise WireError(400, 13224, "Invalid 'To' Phone Number")
    return identity, dict(parse_qsl(query))


def _method(fields: Fields, name: str) -> str:
    method = fields.get(name, "POST").upper()
    if method not in {"GET", "POST"}:
        raise invalid(name)
    return method
