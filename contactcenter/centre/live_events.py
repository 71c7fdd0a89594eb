"""What the desk is told as it happens, over the staff's live socket.

An event is a view plus a `type`. It is a hint and a convenience: whoever
misses one reads the same state from the API, and a socket that fell behind is
told `resync`.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from config.vocabulary import PresenceState
from contactcenter.centre.supervision_views import Alert, QueueFigures
from contactcenter.centre.views import ContactView, LossView, MessageView, OfferView, View


class OfferMade(OfferView):
    """A contact is proposed to this listener; the clock runs until `expires_at`."""

    type: Literal["offer"] = "offer"


class OfferWithdrawn(View):
    """The offer is gone: `expired`, `declined`, `accepted`, `contact_gone`, `unseen` …"""

    type: Literal["offer_withdrawn"] = "offer_withdrawn"
    offer_id: UUID
    contact_id: UUID
    reason: str


class ContactChanged(View):
    """A contact this person works on has changed; compare `contact.version`."""

    type: Literal["contact"] = "contact"
    contact: ContactView


class MessageStored(View):
    """A line was stored, one's own included."""

    type: Literal["message"] = "message"
    contact_id: UUID
    message: MessageView


class VisitorTyping(View):
    """The person is writing; forget it after five seconds without another."""

    type: Literal["typing"] = "typing"
    contact_id: UUID


class VisitorRead(View):
    """The person has read up to `seq`."""

    type: Literal["read"] = "read"
    contact_id: UUID
    seq: int = Field(ge=0)


class PresenceChanged(View):
    """This listener's presence changed, by herself elsewhere or by the service (`reason`)."""

    type: Literal["presence"] = "presence"
    state: PresenceState
    since: AwareDatetime
    reason: str | None = None
    until: AwareDatetime | None = None


class ContactLost(LossView):
    """This listener's desk lost a contact; told at each opening of the socket until seen.

    `POST me/losses/seen` says so.
    """

    type: Literal["loss"] = "loss"


class QueuesChanged(View):
    """Every queue this person may see with its figures, and the banners to show.

    Counters only: each second at most, when changed.
    """

    type: Literal["queues"] = "queues"
    queues: list[QueueFigures]
    free_listeners: int = Field(ge=0)
    alerts: list[Alert] = Field(default_factory=list)


class SupervisionChanged(View):
    """The queues as everybody sees them and what only whoever supervises is told.

    Each second at most, when changed. `revision` grows when a contact or a listener's state changed anywhere:
    read `GET supervision` again then, every two seconds at most.
    """

    type: Literal["supervision"] = "supervision"
    at: AwareDatetime
    revision: int = Field(ge=0)
    queues: list[QueueFigures]
    free_listeners: int = Field(ge=0)
    present_listeners: int = Field(ge=0)
    alerts: list[Alert] = Field(default_factory=list)


LiveEvent = Annotated[
    OfferMade
    | OfferWithdrawn
    | ContactChanged
    | MessageStored
    | VisitorTyping
    | VisitorRead
    | PresenceChanged
    | ContactLost
    | QueuesChanged
    | SupervisionChanged,
    Field(discriminator="type"),
]
