"""Refusals of the chat's HTTP routes, as RFC 9457 problem details with our codes.

Decide by `code`; the words may change. Nothing of an error's own text, nor of
what a visitor wrote, is ever in an answer. When the service cannot answer,
the problem carries the emergency numbers: somebody may be reading them.
"""

import json
import math
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from chat.centre import EmergencyNumber
from config.errors import (
    CentreError,
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TooMuch,
    Unavailable,
)

# What every answer of the chat says to whoever keeps, shows or indexes answers.
PLAIN_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Refusals that only HTTP knows.
_BY_CODE: dict[str, tuple[int, str]] = {
    "bad_request": (400, "The request could not be read."),
    "invalid_json": (400, "The body is not a JSON object in UTF-8."),
    "unsupported_media_type": (415, "The body must be application/json."),
    "body_too_large": (413, "The body is over 16 kB."),
    "foreign_origin": (403, "A page of another site made this request."),
    "chat_closed": (409, "The chat is closed for now; see /chat/openings."),
    "chat_full": (409, "As many wait as can be answered; see /chat/openings."),
    "conversation_closed": (409, "The conversation is over; nothing can be added."),
    "cid_reused": (409, "This cid was used for another text."),
    "text_too_long": (422, "A line is longer than `message_max_chars` of /chat/openings."),
    "bad_field": (422, "A value is missing or wrong; see field."),
}
# Nearest class first.
_BY_CLASS: tuple[tuple[type[CentreError], int, str], ...] = (
    (InvalidInput, 422, "A value is missing or wrong; see field."),
    (NotSignedIn, 401, "The conversation's token is needed."),
    (NotAllowed, 403, "This is not allowed."),
    (NotFound, 404, "There is no such thing."),
    (Conflict, 409, "The state has moved on; read it again."),
    (TooMuch, 429, "A limit was reached; see retry_after."),
    (Unavailable, 503, "Nothing is promised to have happened; the same request may be repeated."),
)
_TITLES = {
    400: "Bad request",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    409: "Conflict",
    413: "Body too large",
    415: "Unsupported media type",
    422: "Invalid input",
    429: "Too many requests",
    500: "Internal error",
    503: "Unavailable",
}
_RETRY_SECONDS = 1.0


def problem(error: CentreError, emergency: Sequence[EmergencyNumber]) -> web.Response:
    """Return the answer to an error; `emergency` is shown when the fault is ours."""
    status, detail = _meaning(error)
    document: dict[str, Any] = {
        "type": f"urn:contactcenter:problem:{error.code}",
        "title": _TITLES[status],
        "status": status,
        "code": error.code,
        "detail": detail,
    }
    headers = {}
    if error.field is not None:
        document["field"] = error.field
    if error.retryable:
        seconds = max(1, math.ceil(error.retry_after or _RETRY_SECONDS))
        document["retry_after"] = seconds
        headers["Retry-After"] = str(seconds)
    if status >= 500:
        document["emergency"] = [emergency_document(number) for number in emergency]
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="chat"'
    return web.Response(
        body=json.dumps(document, ensure_ascii=False).encode(),
        status=status,
        headers=headers,
        content_type="application/problem+json",
    )


def emergency_document(number: EmergencyNumber) -> dict[str, str]:
    """Return a number as the page and the problems show it."""
    return {"number": number.number, "label": number.label, "note": number.note}


def _meaning(error: CentreError) -> tuple[int, str]:
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    for kind, status, detail in _BY_CLASS:
        if isinstance(error, kind):
            return status, detail
    return 500, "The service failed; nothing is promised to have happened."
