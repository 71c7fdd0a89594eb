"""Every `code` the staff API may answer with: its HTTP status and what it means.

Codes are a contract: a program decides by them, never by the words. An error
whose code is not listed here is answered with the status and the words of its
class, so a new code needs no change at the edge to be told apart.
"""

from dataclasses import dataclass
from types import MappingProxyType

from config.errors import (
    CentreError,
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    OutcomeUnknown,
    Refused,
    TooMuch,
    Unavailable,
)


@dataclass(frozen=True)
class Meaning:
    """A status, a short title and one sentence for whoever wrote the client."""

    status: int
    title: str
    detail: str


# Nearest class first: the first that the error is an instance of gives its status.
_BY_CLASS: tuple[tuple[type[CentreError], Meaning], ...] = (
    (InvalidInput, Meaning(422, "Invalid input", "A value is missing or wrong; see `field`.")),
    (NotSignedIn, Meaning(401, "Not signed in", "A valid session is needed.")),
    (NotAllowed, Meaning(403, "Not allowed", "This account has no right to that.")),
    (NotFound, Meaning(404, "Not found", "There is no such object for this account.")),
    (Conflict, Meaning(409, "Conflict", "The state has moved on; read it again.")),
    (TooMuch, Meaning(429, "Too many requests", "A limit was reached; see `retry_after`.")),
    (
        OutcomeUnknown,
        Meaning(
            503, "Outcome unknown", "It may have happened; the same request may be sent again."
        ),
    ),
    (
        Unavailable,
        Meaning(503, "Unavailable", "Nothing happened; the same request may be repeated."),
    ),
    (Refused, Meaning(400, "Refused", "The request cannot succeed as it stands.")),
)
_INTERNAL = Meaning(500, "Internal error", "The service failed; the failure is in its log.")


def _conflict(detail: str) -> Meaning:
    return Meaning(409, "Conflict", detail)


def _invalid(detail: str) -> Meaning:
    return Meaning(422, "Invalid input", detail)


MEANINGS = MappingProxyType(
    {
        "invalid_json": Meaning(400, "Invalid JSON", "The body is not a JSON object in UTF-8."),
        "bad_request": Meaning(400, "Bad request", "The request cannot be read."),
        "head_too_large": Meaning(
            431, "Head too large", "The request line or a header is too long."
        ),
        "body_too_large": Meaning(413, "Body too large", "The body is over this route's limit."),
        "unsupported_media_type": Meaning(
            415, "Unsupported media type", "The body must be `application/json`."
        ),
        "method_not_allowed": Meaning(
            405, "Method not allowed", "This path exists, but not for that method."
        ),
        "invalid_input": _BY_CLASS[0][1],
        "weak_password": Meaning(422, "Weak password", "A password has 12 to 256 characters."),
        "form_incomplete": _invalid(
            "The question of `field` is to be answered for this disposition."
        ),
        "unknown_field": _invalid("The form has no question of that id."),
        "unknown_option": _invalid("The question of `field` has no such answer."),
        "wrong_type": _invalid("The question of `field` takes another kind of value."),
        "wrong_date": _invalid("The question of `field` takes a day: YYYY-MM-DD."),
        "number_out_of_range": _invalid("The number of `field` is outside its bounds."),
        "factor_unknown": _invalid("The helpline has no such urgency factor."),
        "queue_unknown": _invalid("No queue of that id answers this contact's channel."),
        "need_unknown": _invalid("That queue has nobody for this need."),
        "listener_unknown": _invalid("No listener of this line has that id."),
        "skill_unknown": _invalid("The helpline has no such skill."),
        "language_unknown": _invalid(
            "The line does not speak that language, or its first is missing."
        ),
        "override_empty": _invalid("Close the queue or give it a message; to lift both, DELETE."),
        "wrong_reference": _invalid("That is no case reference: a sign is mistyped."),
        "not_a_text": _invalid("The text is empty, or holds signs that cannot be stored."),
        "text_too_long": _invalid("The text is longer than the helpline allows."),
        "reason_needed": Meaning(422, "Reason needed", "Lowering an urgency needs a reason."),
        "not_signed_in": _BY_CLASS[1][1],
        "wrong_credentials": Meaning(
            401, "Wrong credentials", "Login, password or code is wrong; which one is not said."
        ),
        "ticket_refused": Meaning(
            401, "Ticket refused", "The live ticket is unknown, used, or older than 30 seconds."
        ),
        "not_allowed": _BY_CLASS[2][1],
        "foreign_origin": Meaning(
            403, "Foreign origin", "A page of another site made this request."
        ),
        "coordinator_needed": Meaning(
            403, "Coordinator needed", "Only a coordinator lowers a confirmed urgency."
        ),
        "no_profile": Meaning(403, "Not allowed", "This account has no profile: no contacts."),
        "not_present": Meaning(403, "Not allowed", "Declare a presence before taking contacts."),
        "route_without_access": Meaning(403, "Not allowed", "This route is open to nobody."),
        "not_found": _BY_CLASS[3][1],
        "conflict": _BY_CLASS[4][1],
        "contact_gone": _conflict("The person has left; nobody can take this contact any more."),
        "contact_taken": _conflict("Another listener has this contact."),
        "offer_expired": _conflict("The offer has run out, was declined or was withdrawn."),
        "over_capacity": _conflict("This listener has as many contacts as she may have."),
        "wrap_up_limit": _conflict("The write-up was extended as often as the helpline allows."),
        "wrap_up_over": _conflict("No write-up of yours is running: its time cannot be extended."),
        "listener_not_ready": _conflict("That listener is not ready for this contact now."),
        "listener_not_present": _conflict(
            "That listener is not signed in: there is no state to set."
        ),
        "contact_not_waiting": _conflict("The contact does not wait; read it again."),
        "immediate_danger": _conflict("Nobody in immediate danger is turned away."),
        "follow_up_claimed": _conflict("A colleague has taken this follow-up on."),
        "follow_up_not_claimed": _conflict("Take the follow-up on before settling it."),
        "follow_up_over": _conflict("This follow-up is settled already."),
        "call_connecting": _conflict("The caller is still being connected: end it in a moment."),
        "contact_open": _conflict("The person is still there: end the contact before closing it."),
        "already_closed": _conflict("The contact was closed with another disposition."),
        "case_closed": _conflict("The case is closed; reopen it first."),
        "other_line": _conflict("The contact and the case belong to lines of two pools."),
        "contact_not_taken": _conflict("Nobody has taken the contact yet; nothing is written up."),
        "contact_closed": _conflict("The contact is closed; its write-up no longer changes."),
        "case_or_code_needed": _conflict("Attach a case, or give a non-content code."),
        "conversation_closed": _conflict("The conversation is over; nothing can be added."),
        "cid_reused": _conflict("This `cid` was used for another text."),
        "form_conflict": _conflict("The form was saved elsewhere; read it and save again."),
        "too_much": _BY_CLASS[5][1],
        "too_many_attempts": Meaning(
            429, "Too many attempts", "Too many failed sign-ins; wait `retry_after` seconds."
        ),
        "messages_queue_full": Meaning(429, "Too many messages", "Wait `retry_after` seconds."),
        "conversation_queue_full": Meaning(429, "Too many messages", "Wait `retry_after` seconds."),
        "busy": Meaning(429, "Busy", "Too many at once; wait `retry_after` seconds."),
        "too_many_sockets": Meaning(
            429, "Too many sockets", "This session, or this process, has as many as it may."
        ),
        "upgrade_required": Meaning(
            426, "Upgrade required", "This route is a websocket: ask for the upgrade."
        ),
        "draining": Meaning(503, "Unavailable", "This process is stopping; another takes over."),
        "outcome_unknown": _BY_CLASS[6][1],
        "unavailable": _BY_CLASS[7][1],
        "database_unavailable": Meaning(
            503, "Unavailable", "The database does not answer; nothing happened."
        ),
        "database_busy": Meaning(503, "Unavailable", "The database was busy; nothing happened."),
        "index_unavailable": Meaning(
            503, "Unavailable", "The queue's index does not answer; nothing happened."
        ),
        "no_softphone": Meaning(503, "No softphone", "This service runs without telephony."),
        "internal_error": _INTERNAL,
    }
)


def meaning_of(error: CentreError) -> Meaning:
    """Return the status and words of an error, by its code first and then by its class."""
    # What was not found has one answer, whatever the code says: see `problem_of`.
    known = MEANINGS.get("not_found" if isinstance(error, NotFound) else error.code)
    if known is not None:
        return known
    for kind, meaning in _BY_CLASS:
        if isinstance(error, kind):
            return meaning
    return _INTERNAL
