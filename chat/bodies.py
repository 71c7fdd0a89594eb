"""Reading a request's body: bounded in bytes and in time, before anything is made of it."""

import asyncio
import re
from typing import Any

from aiohttp import web

from chat.centre import Opening
from config.errors import InvalidInput, Refused
from config.languages import is_tag
from config.vocabulary import Audience

# A line typed on a poor mobile network passes; a body let in drop by drop does not.
BODY_SECONDS = 10.0
_PIECE = 4096
# There are three opening questions at the most; a page of another version may know others.
_MOST_ANSWERS = 10
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")


async def read_at_most(
    request: web.Request, most_bytes: int, *, seconds: float = BODY_SECONDS
) -> bytes:
    """Return the body, giving up as soon as it is over `most_bytes` or `seconds`.

    Who names no language is answered in one that the browser prefers. Raises InvalidInput `body_too_large`; Refused `bad_request` for a body that
    is cut off, too slow, or not encoded as it says. Those are the sender's
    doing, so they are answers and never failures of ours.
    """
    if (request.content_length or 0) > most_bytes:
        raise InvalidInput(code="body_too_large")
    read = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for piece in request.content.iter_chunked(_PIECE):
                read += piece
                if len(read) > most_bytes:
                    raise InvalidInput(code="body_too_large")
    except (TimeoutError, ConnectionError, web.RequestPayloadError):
        raise Refused(code="bad_request") from None
    return bytes(read)


def opening_of(body: dict[str, Any], accept_language: str = "") -> Opening:
    """Return what a visitor says before writing; nothing in the body is required.

    Who names no language is answered in one that the browser prefers. Raises InvalidInput `bad_field` for a field of the wrong kind; whether the
    helpline knows the values is the centre's to say.
    """
    return Opening(
        audience=_audience(body.get("audience")),
        department=_word(body, "department", 3),
        language=_language(body) or accept_language,
        answers=_answers(body.get("answers")),
        need=_code(body, "need"),
        line=_code(body, "line") or "",
    )


def _audience(value: object) -> Audience:
    """Return who writes, UNKNOWN when not said: nobody is asked twice."""
    if value is None:
        return Audience.UNKNOWN
    try:
        return Audience(str(value))
    except ValueError:
        raise InvalidInput(code="bad_field", field="audience") from None


def _word(body: dict[str, Any], name: str, most: int) -> str | None:
    value = body.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > most or not value.isalnum():
        raise InvalidInput(code="bad_field", field=name)
    return value


def _language(body: dict[str, Any]) -> str | None:
    """Return the language tag given; which language that is, if any, is the helpline's to say."""
    value = body.get("language")
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not is_tag(value):
        raise InvalidInput(code="bad_field", field="language")
    return value


def _code(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise InvalidInput(code="bad_field", field=name)
    return value


def _answers(value: object) -> dict[str, bool]:
    """Return the answers given, by question; none are required, and few are read."""
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > _MOST_ANSWERS:
        raise InvalidInput(code="bad_field", field="answers")
    answers: dict[str, bool] = {}
    for question, answer in value.items():
        if not _CODE.fullmatch(question) or not isinstance(answer, bool):
            raise InvalidInput(code="bad_field", field="answers")
        answers[question] = answer
    return answers
