"""The frames of the live socket that are no event: what the desk says, and how the socket ends."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter, ValidationError

from config.errors import InvalidInput
from contactcenter.api.schemas import Request
from contactcenter.centre.live_events import LiveEvent
from contactcenter.centre.views import View

# 4000 to 4999 are an application's own (RFC 6455, 7.4.2).
CLOSE_RECONNECT = 1012  # the service restarts: come back after `after_ms`
CLOSE_SIGNED_OUT = 4401
CLOSE_TOO_MANY = 4429
CLOSE_RESYNC = 4409  # fell behind: come back and read the state again
CLOSE_BAD_FRAME = 4400
CLOSE_SILENT = 4408  # no answer to our pings


class OfferSeen(Request):
    """The offer is on the screen; without this it goes back within two seconds."""

    type: Literal["offer_seen"]
    offer_id: UUID


class Typing(Request):
    """She is writing to the person."""

    type: Literal["typing"]
    contact_id: UUID


class Read(Request):
    """She has read up to `seq`."""

    type: Literal["read"]
    contact_id: UUID
    seq: Annotated[int, Field(ge=0, le=2**53)]


class Ping(Request):
    """Is anybody there? For programs that cannot see protocol pings."""

    type: Literal["ping"]


ClientFrame = Annotated[OfferSeen | Typing | Read | Ping, Field(discriminator="type")]


class Pong(View):
    """The answer to `ping`."""

    type: Literal["pong"] = "pong"


class Refusal(View):
    """A frame was refused; the socket goes on unless it is closed next."""

    type: Literal["error"] = "error"
    code: str
    retry_after: int | None = None


class Reconnect(View):
    """The service is about to stop: open a new socket after `after_ms`."""

    type: Literal["reconnect"] = "reconnect"
    after_ms: int = Field(ge=0)


class Resync(View):
    """Events were lost to this socket: read the state again, then open a new one."""

    type: Literal["resync"] = "resync"


ServerFrame = LiveEvent | Pong | Refusal | Reconnect | Resync

_CLIENT: TypeAdapter[OfferSeen | Typing | Read | Ping] = TypeAdapter(ClientFrame)


def read_frame(text: str) -> OfferSeen | Typing | Read | Ping:
    """Return what the desk said; InvalidInput `bad_frame` for anything else."""
    try:
        return _CLIENT.validate_json(text, strict=True)
    except ValidationError:
        raise InvalidInput(code="bad_frame") from None
