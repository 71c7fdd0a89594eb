"""The helpline's words, as closed sets.

Each value is what is stored, sent and logged; screens translate it through
the text catalogs. Values are stable: a new meaning is a new value.
"""

from enum import IntEnum, StrEnum


class Channel(StrEnum):
    """How a person reaches us."""

    CALL = "call"
    CHAT = "chat"


class ContactState(StrEnum):
    """Where a contact stands; see ARCHITECTURE.md for the arrows."""

    ARRIVING = "arriving"
    WAITING = "waiting"
    ACTIVE = "active"
    ENDED = "ended"
    CLOSED = "closed"


class Disposition(StrEnum):
    """What became of a closed contact."""

    TREATED = "treated"
    ABANDONED = "abandoned"
    DETERRED = "deterred"
    HANDED_OUTSIDE = "handed_outside"
    NON_CONTENT = "non_content"


class EndedBy(StrEnum):
    """Who or what ended a contact."""

    CORRESPONDENT = "correspondent"
    LISTENER = "listener"
    COORDINATOR = "coordinator"
    AWAY = "away"  # a visitor gave no sign of life for `away_seconds`
    CARRIER = "carrier"  # the telephone network failed the call
    SYSTEM = "system"


class EngagementState(StrEnum):
    """Where a listener's work on a contact stands."""

    CONNECTING = "connecting"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    DONE = "done"
    NOT_CONNECTED = "not_connected"
    HANDED_OVER = "handed_over"


class EngagementStep(StrEnum):
    """The next act owed to a connecting or ending call; a sweep drives it again when due."""

    CALL_LISTENER = "call_listener"  # the listener's leg is to be called into the conference
    LISTENER_RINGING = "listener_ringing"  # her leg was called; its answer is awaited
    BRING_CALLER = "bring_caller"  # the caller is to be redirected into the conference
    CALLER_JOINING = "caller_joining"  # redirected; the caller's join is awaited
    HANG_UP = "hang_up"  # her leg is to be ended; the caller's too once the contact is over
    NONE = "none"


class EngagementRole(StrEnum):
    """As what a listener is on a contact; only one is primary at a time."""

    PRIMARY = "primary"


class Level(StrEnum):
    """The two levels of answer of the 119."""

    PRE_ANSWER = "pre_accueil"
    LISTENING = "ecoute"


class Urgency(IntEnum):
    """U1 immediate danger … U5 advice; the lowest number is the most urgent."""

    U1 = 1
    U2 = 2
    U3 = 3
    U4 = 4
    U5 = 5


class UrgencySource(StrEnum):
    """Who set the urgency: a declared one is to be confirmed by the listener."""

    DECLARED = "declared"
    SYSTEM = "system"
    LISTENER = "listener"
    COORDINATOR = "coordinator"


class Audience(StrEnum):
    """Who contacts us, as far as routing needs it; the fine list is configuration."""

    MINOR = "minor"
    RELATIVE = "relative"
    PROFESSIONAL = "professional"
    UNKNOWN = "unknown"  # ranked as a minor, never asked twice


class PresenceState(StrEnum):
    """What a listener declared, or what the service concluded (`check_audio`, `asked`)."""

    READY = "ready"
    BREAK = "break"
    OFFLINE = "offline"
    ASKED = "asked"  # two offers missed: « êtes-vous là ? » ; she answers before the next offer
    CHECK_AUDIO = "check_audio"  # her telephone leg failed; not a missed offer


class Role(StrEnum):
    """What a member of staff may do; the policy module says what each reads."""

    LISTENER = "listener"
    COORDINATOR = "coordinator"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"  # sees no content
    DATA_OFFICER = "data_officer"
    ANALYST = "analyst"  # sees no identity


class MessageKind(StrEnum):
    """What a stored line is."""

    TEXT = "text"
    SYSTEM = "system"
    WHISPER = "whisper"


class MessageVisibility(StrEnum):
    """Who may ever read a stored line: a whisper must never reach a child."""

    ALL = "all"
    STAFF = "staff"


class Sender(StrEnum):
    """Who wrote a line."""

    VISITOR = "visitor"
    LISTENER = "listener"
    SYSTEM = "system"


class ActorKind(StrEnum):
    """Who acted: the trail and the events tell people from the service."""

    STAFF = "staff"
    CORRESPONDENT = "correspondent"
    SYSTEM = "system"


class DeclineReason(StrEnum):
    """Why a listener gave an offer back."""

    NEED_BREAK = "need_break"
    LANGUAGE = "language"
    KNOWN_PERSON = "known_person"
    TECHNICAL = "technical"
    OTHER = "other"


class ContactEventKind(StrEnum):
    """What happened to a contact. Statistics read these, never counters."""

    ARRIVED = "arrived"
    QUEUED = "queued"
    OFFERED = "offered"
    OFFER_SEEN = "offer_seen"
    OFFER_DECLINED = "offer_declined"
    OFFER_EXPIRED = "offer_expired"
    OFFER_UNSEEN = "offer_unseen"
    OFFER_WITHDRAWN = "offer_withdrawn"
    ROUND_EXHAUSTED = "round_exhausted"
    ACCEPTED = "accepted"
    CONNECTED = "connected"
    NOT_CONNECTED = "not_connected"
    RETURNED = "returned"
    URGENCY_RAISED = "urgency_raised"
    URGENCY_CONFIRMED = "urgency_confirmed"
    URGENCY_CORRECTED = "urgency_corrected"
    ENDED = "ended"
    CLOSED = "closed"
    FORM_SAVED = "form_saved"
    CASE_ATTACHED = "case_attached"
    CASE_DETACHED = "case_detached"


class CaseState(StrEnum):
    """`etat_situation` of DOMAIN.md 3.4."""

    OPEN = "ouverte"
    FOLLOWED = "en_suivi"
    AWAITING_CRIP = "attente_crip"
    AWAITING_CALLER = "attente_appelant"
    TO_VALIDATE = "a_valider"
    CLOSED = "close"
    REOPENED = "reouverte"
