"""What the API asks of the services of supervision, of colleagues and of follow-ups.

The same promises as contactcenter.api.services: the `Principal` first, errors of
`config.errors`, NotFound for what the person may not know of. Every act of
supervision is in the audit trail with its reason.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

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
from contactcenter.centre.supervision_views import (
    ColleagueList,
    FollowUpList,
    FollowUpView,
    NumberView,
    OverrideView,
    SupervisionView,
)
from contactcenter.centre.views import ContactView, PresenceView
from records.actor import Principal


class SupervisedContacts(Protocol):
    """A contact's course, taken in hand by whoever supervises."""

    async def assign(
        self,
        principal: Principal,
        contact_id: UUID,
        listener_id: UUID,
        reason: ContactActReason,
    ) -> ContactView:
        """Have a contact offered to one listener first, taking it from whoever has it.

        Raises InvalidInput `listener_unknown`, Conflict `listener_not_ready`,
        `contact_gone`.
        """
        ...

    async def move(
        self, principal: Principal, contact_id: UUID, queue: str, reason: ContactActReason
    ) -> ContactView:
        """Move a contact to another queue; who is served goes back to waiting there.

        Raises InvalidInput `queue_unknown`, Conflict `contact_gone`.
        """
        ...

    async def take(
        self, principal: Principal, contact_id: UUID, reason: ContactActReason
    ) -> ContactView:
        """Have a contact offered to herself first: `assign` with her own name."""
        ...

    async def close(
        self,
        principal: Principal,
        contact_id: UUID,
        disposition: Disposition,
        non_content_code: str | None,
        reason: ContactActReason,
    ) -> ContactView:
        """End and close a contact that nobody will finish.

        Raises Conflict `already_closed`, `immediate_danger` for a U1 that would be
        turned away; InvalidInput when the disposition does not fit what happened.
        """
        ...


class Supervision(Protocol):
    """The whole floor, its listeners' states and its queues."""

    async def view(self, principal: Principal) -> SupervisionView:
        """Return queues, listeners, contacts under way and alerts."""
        ...

    async def force(
        self,
        principal: Principal,
        listener_id: UUID,
        state: PresenceState,
        reason: ListenerActReason,
    ) -> PresenceView:
        """Set a listener's state for her; raises NotFound for one not on a line of hers.

        Raises Conflict `listener_not_present` for one who is offline.
        """
        ...

    async def override(
        self,
        principal: Principal,
        queue: str,
        *,
        channel: Channel | None,
        closed: bool,
        message: Mapping[str, str] | None,
        until: datetime | None,
        reason: QueueActReason,
    ) -> OverrideView:
        """Close a queue, or all (`*`), or give it a message; NotFound for an unknown queue."""
        ...

    async def lift(
        self, principal: Principal, queue: str, channel: Channel | None, reason: QueueActReason
    ) -> None:
        """Lift what is set on a queue; nothing set is no error."""
        ...


class Colleagues(Protocol):
    """Who is there."""

    async def serving(
        self, principal: Principal, queue: str, channel: Channel | None
    ) -> ColleagueList:
        """Return who is present and serves a queue; InvalidInput `queue_unknown`."""
        ...


class FollowUps(Protocol):
    """What is owed after a contact."""

    async def list(self, principal: Principal) -> FollowUpList:
        """Return what is open or claimed on her lines, the first due first."""
        ...

    async def claim(self, principal: Principal, follow_up_id: UUID) -> FollowUpView:
        """Make it hers; Conflict `follow_up_claimed`, `follow_up_over`."""
        ...

    async def release(self, principal: Principal, follow_up_id: UUID) -> FollowUpView:
        """Give it back, for any colleague to take on; Conflict `follow_up_over`."""
        ...

    async def read_number(
        self, principal: Principal, follow_up_id: UUID, reason: NumberReason
    ) -> NumberView:
        """Return the number of a callback that is hers; each reading is in the trail.

        Raises NotFound without a number to call, Conflict `follow_up_not_claimed`,
        `follow_up_over`.
        """
        ...

    async def done(
        self, principal: Principal, follow_up_id: UUID, outcome: FollowUpOutcome
    ) -> FollowUpView:
        """Settle it, hers only; a repeat answers the same. Conflict `follow_up_not_claimed`."""
        ...

    async def drop(
        self, principal: Principal, follow_up_id: UUID, outcome: FollowUpOutcome
    ) -> FollowUpView:
        """Give it up for good; a repeat answers the same."""
        ...
