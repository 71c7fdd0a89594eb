"""Reading a request's body: bounded in bytes and in time, before anything is made of it."""

import asyncio

from aiohttp import web

from config.errors import InvalidInput, Refused

# A line typed on a poor mobile network passes; a body let in drop by drop does not.
BODY_SECONDS = 10.0
_PIECE = 4096


async def read_at_most(
    request: web.Request, most_bytes: int, *, seconds: float = BODY_SECONDS
) -> bytes:
    """Return the body, giving up as soon as it is over `most_bytes` or `seconds`.

    Raises InvalidInput `body_too_large`; Refused `bad_request` for a body that
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
