"""What a supervisor's acts and the follow-ups say in their requests."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field

from config.typography import one_line
from config.vocabulary import (
    Channel,
    ContactActReason,
    Disposition,
    FollowUpOutcome,
    ListenerActReason,
    NumberReason,
    PresenceState,
    QueueActReason,
)
from contactcenter.api.schemas import Code, Request, Words

Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
# Cleaned first: what is left must say something.
Said = Annotated[Words, AfterValidator(one_line), Field(min_length=1, max_length=400)]


class AssignBody(Request):
    """Who is offered the contact before anybody else, and why."""

    listener_id: UUID
    reason: ContactActReason


class MoveBody(Request):
    """The queue where the person goes on waiting, at their own place in time, and why."""

    queue: Code
    reason: ContactActReason


class ReasonBody(Request):
    """Why a contact is taken."""

    reason: ContactActReason


class CloseStuckBody(Request):
    """What became of a contact that nobody will finish, and why it is closed.

    Nobody has talked with the person yet: `abandoned`, `deterred`, `handed_outside`
    or `non_content`. Once a listener has: `treated`, `handed_outside` or `non_content`.
    A code goes with `non_content`, and only with it.
    """

    disposition: Disposition
    non_content_code: Code | None = None
    reason: ContactActReason


class ForceBody(Request):
    """A colleague's state, set for her. « Ready » is nobody's word but her own."""

    state: Literal[PresenceState.BREAK, PresenceState.LEAVING, PresenceState.OFFLINE]
    reason: ListenerActReason


class OverrideBody(Request):
    """The whole of what is set on the queue: what is left out is lifted.

    `message` is heard and shown at once, by language; the line's first language
    must be among them and stands in for those left out. Its words are public.
    """

    channel: Channel | None = None
    closed: bool = False
    message: Annotated[dict[Language, Said], Field(min_length=1, max_length=8)] | None = None
    until: AwareDatetime | None = None
    reason: QueueActReason


class LiftQuery(Request):
    """On which channel (none: what was set for all of them), and why."""

    channel: Channel | None = None
    reason: QueueActReason = QueueActReason.RESTORED


class SettleBody(Request):
    """How a follow-up was settled."""

    outcome: FollowUpOutcome


class NumberBody(Request):
    """Why the number is read; the trail keeps it."""

    reason: NumberReason


class ColleaguesQuery(Request):
    """The queue that a contact may be handed over to, and the contact's channel."""

    queue: Code
    channel: Channel | None = None
