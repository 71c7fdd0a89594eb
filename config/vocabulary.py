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
    LOST_BY_DESK = "lost_by_desk"  # a desk lost the person, who was gone before the next answer
    CALLBACK = "callback"  # nobody answered; to be called back, as the person agreed
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
    FACTORS = "factors"  # the most severe floor among the ticked factors
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
    LEAVING = "leaving"  # the end of her shift: finishes what is open, takes nothing new


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
    FACTORS_TICKED = "factors_ticked"
    ESCALATED = "escalated"  # a step of urgency.toml was applied
    MOVED = "moved"  # to another queue, by staff
    TAKEN_IN = "taken_in"  # by another queue, because its own does not answer
    HANDED_OVER = "handed_over"  # from pre-answering to listening, or to another queue
    ASSIGNED = "assigned"  # to one listener, by a supervisor
    FOLLOW_UP_CREATED = "follow_up_created"
    CALLBACK_AGREED = "callback_agreed"  # the person asked to be called back


class CaseState(StrEnum):
    """`etat_situation` of DOMAIN.md 3.4."""

    OPEN = "ouverte"
    FOLLOWED = "en_suivi"
    AWAITING_CRIP = "attente_crip"
    AWAITING_CALLER = "attente_appelant"
    TO_VALIDATE = "a_valider"
    CLOSED = "close"
    REOPENED = "reouverte"


class FollowUpKind(StrEnum):
    """What is owed after a contact."""

    CALLBACK = "callback"  # only with the person's explicit consent
    SPECIALIST = "specialist"  # the specialists were out: they take it up when they are back
    DEBRIEF = "debrief"  # a listener asked to talk with the coordination, who alone see it


class FollowUpOwner(StrEnum):
    """Whose a promised follow-up is from the start."""

    WRITER = "writer"  # of the write-up: the person knows them
    QUEUE = "queue"  # nobody's yet: whoever serves the queue takes it on


class FollowUpState(StrEnum):
    """Where a follow-up stands."""

    OPEN = "open"
    CLAIMED = "claimed"
    DONE = "done"
    DROPPED = "dropped"


class OverrideKind(StrEnum):
    """What a supervisor set on a queue at once."""

    CLOSED = "closed"
    MESSAGE = "message"


class QueueStateKind(StrEnum):
    """Whether a queue answers on a channel, truthfully."""

    OPEN = "open"
    CLOSED = "closed"
    FULL = "full"
    UNSTAFFED = "unstaffed"  # in its hours, but nobody who serves it is signed in


class EscalationWhen(StrEnum):
    """The state a contact's queue must be in for a step to apply."""

    ANY = "any"
    OPEN = "open"
    CLOSED = "closed"
    UNSTAFFED = "unstaffed"


class EscalationOffer(StrEnum):
    """What a waiting person is offered instead of waiting."""

    CALLBACK = "callback"
    CHAT = "chat"
    CALL = "call"


class ContactActReason(StrEnum):
    """Why a coordinator or supervisor took a contact's course into her own hands."""

    OVERLOAD = "overload"
    SKILL = "skill"  # somebody else can serve the person better
    LANGUAGE = "language"
    KNOWN_PERSON = "known_person"
    SAFETY = "safety"
    REQUESTED = "requested"  # by the person or the listener
    STUCK = "stuck"
    MISROUTED = "misrouted"
    DUPLICATE = "duplicate"
    OTHER = "other"


class ListenerActReason(StrEnum):
    """Why a listener's state was set for her; never a judgement of her work."""

    NOT_ANSWERING = "not_answering"
    REST = "rest"
    END_OF_SHIFT = "end_of_shift"
    TECHNICAL = "technical"
    MEETING = "meeting"
    OTHER = "other"


class QueueActReason(StrEnum):
    """Why a queue was closed, opened again or given a message at once."""

    OVERLOAD = "overload"
    STAFFING = "staffing"
    TECHNICAL = "technical"
    EVENT = "event"
    SAFETY = "safety"
    RESTORED = "restored"
    OTHER = "other"


class NumberReason(StrEnum):
    """Why a number was read; the trail keeps it."""

    CALL_BACK = "call_back"  # as was agreed
    CALL_AGAIN = "call_again"  # nobody answered, or the call was cut off
    DANGER_TO_LIFE = "danger_to_life"  # to have the emergency services find the person
    OTHER = "other"


class FollowUpOutcome(StrEnum):
    """How a follow-up was settled."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    TAKEN_UP = "taken_up"  # by the specialists
    TALKED = "talked"  # the debrief took place
    UNSAFE_TO_CALL = "unsafe_to_call"
    NO_LONGER_WANTED = "no_longer_wanted"
    DUPLICATE = "duplicate"
    MISTAKE = "mistake"
    OTHER = "other"
