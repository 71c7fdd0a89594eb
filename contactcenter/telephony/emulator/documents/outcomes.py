"""What a verb, a document or an order leads to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contactcenter.telephony.emulator.wire import CallStatus


@dataclass(frozen=True, slots=True)
class Ask:
    """A document to run: asked at `url` with `fields`, or already given as `document`."""

    url: str
    method: str = "POST"
    fields: Mapping[str, str] = field(default_factory=dict)
    document: bytes | None = None


@dataclass(frozen=True, slots=True)
class HangUp:
    """The end of the call, by the person on it or not (`by_person`)."""

    status: CallStatus = CallStatus.COMPLETED
    by_person: bool = True


@dataclass(frozen=True, slots=True)
class Left:
    """The caller left the queue by `<Leave>`."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A document could not be had or read; `code` is Twilio's."""

    code: int
    url: str


Outcome = Ask | Left | HangUp | Failed | None
