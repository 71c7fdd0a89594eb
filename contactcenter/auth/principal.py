"""What proves who somebody is: an opened session, a ticket into the live socket."""

from dataclasses import dataclass, field
from datetime import datetime

from records.actor import Principal


@dataclass(frozen=True)
class OpenedSession:
    """A session just opened; `token` is shown this once and stored only as a hash."""

    token: str = field(repr=False)
    expires_at: datetime
    principal: Principal


@dataclass(frozen=True)
class LiveTicket:
    """One way into the live socket: single use, 30 s."""

    ticket: str = field(repr=False)
    expires_at: datetime
