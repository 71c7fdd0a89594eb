"""What an answer of the telephone network means, before anything else reads it. Pure.

The `twilio` package raises errors of six kinds for what it does not expect (its
base class for a list that is refused, another for RFC 9457, `ValueError` for a
body that is no JSON …). So it is only given what it expects: success, and an
object. All else becomes one of our errors here, by HTTP status and by the
number of the code in the body, never by words.
"""

import json

from config.errors import CentreError, OutcomeUnknown, Unavailable
from contactcenter.telephony.protocol import CallGone

# 20404: no such call or conference, or one that is over; 21220: the call is not in progress.
GONE_CODES = frozenset({20404, 21220})
# A participant of that label is there: an earlier request was carried out, its answer was lost.
LABEL_TAKEN = 16025
NOT_LET_IN = frozenset({401, 403})
UNAVAILABLE = "telephony_unavailable"
REFUSED = "telephony_refused"
UNREADABLE = "telephony_unreadable"


def accepted(method: str, status: int, body: bytes) -> str:
    """Return the body of an answer that says « done »; raise ours for every other answer.

    Raises CallGone; Unavailable `telephony_refused` for what the network says
    that it will not do, `telephony_unavailable` for its own failures, for
    wrong credentials and for redirects, which are never followed, `telephony_unreadable` for a success that is no
    JSON object. Where the request changes something and may have been carried
    out, the last two are OutcomeUnknown: read back before trying again.
    """
    if status == 204 and method == "DELETE":
        return ""
    said = _object(body)
    if 200 <= status < 300:
        if said is None:
            raise lost(method, "the telephone network gave an unreadable answer", UNREADABLE)
        return body.decode()
    if 400 <= status < 500:
        raise _refusal(status, said)
    raise lost(method, f"the telephone network failed with {status}", UNAVAILABLE)


def lost(method: str, message: str, code: str) -> Unavailable:
    """Return the error for a request whose outcome the answer does not tell."""
    return (Unavailable if method == "GET" else OutcomeUnknown)(message, code=code)


def _refusal(status: int, said: dict[str, object] | None) -> CentreError:
    code = None if said is None else said.get("code")
    number = code if isinstance(code, int) else None
    # A 404 without the network's own code is somebody else's, a proxy's: no caller has left.
    if number in GONE_CODES:
        return CallGone("the call or conference is over")
    if number == LABEL_TAKEN:
        return OutcomeUnknown("the leg was placed before", code=UNAVAILABLE)
    # Nor is it the network's word on this call that we are not let in, or that a proxy says no.
    is_its_word = number is not None and status not in NOT_LET_IN
    return Unavailable(
        f"the telephone network refused with {status}/{number}",
        code=REFUSED if is_its_word else UNAVAILABLE,
    )


def _object(body: bytes) -> dict[str, object] | None:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, or nested without end
        return None
    return said if isinstance(said, dict) else None
