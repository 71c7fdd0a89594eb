"""Forms that are posted to us: one encoding, each field once."""

from urllib.parse import parse_qsl

from aiohttp import web

from chat.bodies import read_at_most
from config.errors import InvalidInput, Refused

_FIELDS_AT_MOST = 200


async def posted_form(request: web.Request, most_bytes: int) -> dict[str, str]:
    """Return the fields of a URL-encoded form in UTF-8.

    Whoever posts may claim any encoding, and nest parts in parts; browsers and
    carriers post none of that to us, so nothing else is parsed. A name given
    twice is refused: two readers of it could each believe another value.

    Raises InvalidInput `unsupported_media_type` or `body_too_large`, Refused
    `bad_request`.
    """
    charset = (request.charset or "utf-8").lower()
    if request.content_type != "application/x-www-form-urlencoded" or charset != "utf-8":
        raise InvalidInput(code="unsupported_media_type")
    raw = await read_at_most(request, most_bytes)
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=_FIELDS_AT_MOST)
    except ValueError:
        raise Refused(code="bad_request") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise Refused(code="bad_request")
    return form
