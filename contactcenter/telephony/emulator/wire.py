"""The part of Twilio's wire that this project uses: paths, fields and enumerations.

A small table of our own. A test holds it to Twilio's published OpenAPI
document when that document is at hand, so that a mistake here is a failed
test and not a surprise with a real account.
"""

from collections.abc import Mapping
from enum import StrEnum

API_VERSION = "2010-04-01"

CALLS = "/2010-04-01/Accounts/{AccountSid}/Calls.json"
CALL = "/2010-04-01/Accounts/{AccountSid}/Calls/{Sid}.json"
CONFERENCES = "/2010-04-01/Accounts/{AccountSid}/Conferences.json"
CONFERENCE = "/2010-04-01/Accounts/{AccountSid}/Conferences/{Sid}.json"
PARTICIPANTS = "/2010-04-01/Accounts/{AccountSid}/Conferences/{ConferenceSid}/Participants.json"
PARTICIPANT = (
    "/2010-04-01/Accounts/{AccountSid}/Conferences/{ConferenceSid}/Participants/{CallSid}.json"
)


class CallStatus(StrEnum):
    """Where a call stands (`call_enum_status`)."""

    QUEUED = "queued"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"


LIVE_CALLS = frozenset({CallStatus.QUEUED, CallStatus.RINGING, CallStatus.IN_PROGRESS})


class ConferenceStatus(StrEnum):
    """Where a conference stands (`conference_enum_status`).

    Twilio does not say whether a lone participant is `init` or `in-progress`
    [check]; here it is `init` until audio is mixed, the stricter reading.
    """

    INIT = "init"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"


class EndReason(StrEnum):
    """Why a conference ended (`conference_enum_reason_conference_ended`)."""

    VIA_API = "conference-ended-via-api"
    ENDER_LEFT = "participant-with-end-conference-on-exit-left"
    ENDER_KICKED = "participant-with-end-conference-on-exit-kicked"
    LAST_KICKED = "last-participant-kicked"
    LAST_LEFT = "last-participant-left"


class ParticipantStatus(StrEnum):
    """Where a participant stands (`participant_enum_status`)."""

    QUEUED = "queued"
    CONNECTING = "connecting"
    RINGING = "ringing"
    CONNECTED = "connected"
    COMPLETE = "complete"
    FAILED = "failed"


ENUMERATIONS: Mapping[str, type[StrEnum]] = {
    "call_enum_status": CallStatus,
    "conference_enum_status": ConferenceStatus,
    "conference_enum_reason_conference_ended": EndReason,
    "participant_enum_status": ParticipantStatus,
}

# What each request accepts, by (method, path). A field that is not here is
# refused: one silently ignored would pass for one that works.
REQUEST_FIELDS: Mapping[tuple[str, str], frozenset[str]] = {
    ("get", CALLS): frozenset({"To", "From", "Status", "PageSize", "Page", "PageToken"}),
    ("get", CALL): frozenset(),
    ("post", CALL): frozenset({"Url", "Method", "Twiml", "Status"}),
    ("get", CONFERENCES): frozenset({"FriendlyName", "Status", "PageSize", "Page", "PageToken"}),
    ("get", CONFERENCE): frozenset(),
    ("post", CONFERENCE): frozenset({"Status"}),
    ("get", PARTICIPANTS): frozenset(
        {"Muted", "Hold", "Coaching", "PageSize", "Page", "PageToken"}
    ),
    ("post", PARTICIPANTS): frozenset(
        {
            "From", "To", "Label", "Timeout", "Muted", "Beep", "StartConferenceOnEnter",
            "EndConferenceOnExit", "WaitUrl", "WaitMethod", "EarlyMedia", "MaxParticipants",
            "Coaching", "CallSidToCoach", "StatusCallback", "StatusCallbackMethod",
            "StatusCallbackEvent", "ConferenceStatusCallback", "ConferenceStatusCallbackMethod",
            "ConferenceStatusCallbackEvent",
        }
    ),
    ("get", PARTICIPANT): frozenset(),
    ("post", PARTICIPANT): frozenset(
        {"Muted", "Hold", "HoldUrl", "HoldMethod", "EndConferenceOnExit", "Coaching",
         "CallSidToCoach"}
    ),
    ("delete", PARTICIPANT): frozenset(),
}  # fmt: skip

REQUIRED_FIELDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("post", PARTICIPANTS): ("From", "To"),
}

ANSWER_FIELDS: Mapping[str, tuple[str, ...]] = {
    "api.v2010.account.call": (
        "sid", "date_created", "date_updated", "parent_call_sid", "account_sid", "to",
        "to_formatted", "from", "from_formatted", "phone_number_sid", "status", "start_time",
        "end_time", "duration", "price", "price_unit", "direction", "answered_by", "api_version",
        "forwarded_from", "group_sid", "caller_name", "queue_time", "trunk_sid", "uri",
        "subresource_uris",
    ),
    "api.v2010.account.conference": (
        "account_sid", "date_created", "date_updated", "api_version", "friendly_name", "region",
        "sid", "status", "uri", "subresource_uris", "reason_conference_ended",
        "call_sid_ending_conference",
    ),
    "api.v2010.account.conference.participant": (
        "account_sid", "call_sid", "label", "call_sid_to_coach", "coaching", "conference_sid",
        "date_created", "date_updated", "end_conference_on_exit", "muted", "hold",
        "start_conference_on_enter", "status", "queue_time", "uri",
    ),
}  # fmt: skip

SUCCESS: Mapping[tuple[str, str], int] = {
    ("get", CALLS): 200,
    ("get", CALL): 200,
    ("post", CALL): 200,
    ("get", CONFERENCES): 200,
    ("get", CONFERENCE): 200,
    ("post", CONFERENCE): 200,
    ("get", PARTICIPANTS): 200,
    ("post", PARTICIPANTS): 201,
    ("get", PARTICIPANT): 200,
    ("post", PARTICIPANT): 200,
    ("delete", PARTICIPANT): 204,
}

# Webhooks are not in the OpenAPI document; sources: the TwiML reference for
# <Conference>, statusCallbackEvent, and the Participants resource.
CONFERENCE_EVENTS: Mapping[str, str] = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-mute": "mute",
    "participant-unmute": "mute",
    "participant-hold": "hold",
    "participant-unhold": "hold",
    "participant-modify": "modify",
}
CALL_EVENTS = ("initiated", "ringing", "answered", "completed")


class LeaveReason(StrEnum):
    """`ReasonParticipantLeft` of a participant-leave callback."""

    ENDED_VIA_API = "conference_ended_via_api"
    MODERATOR_ENDED = "moderator_ended_conference"
    UPDATED_VIA_API = "participant_updated_via_api"
    HUNG_UP = "participant_hung_up"
    ADD_FAILED = "participant_add_failed"
