"""What a listener is told of the contacts that her desk lost."""

from datetime import datetime, timedelta

from contactcenter.centre.staff.contact_rating import ContactRating
from contactcenter.centre.staff.contact_views import UNPLACED, queue_label
from contactcenter.centre.views import LossView
from records.actor import Principal

# Told at the next sign-in of the same shift, or of the next day; not of weeks ago.
TOLD_FOR = timedelta(hours=24)


class ContactLosses(ContactRating):
    """The notice of what was lost: channel, queue and time, and nothing of the person."""

    async def losses(self, principal: Principal) -> list[LossView]:
        """Return what her desk lost and she has not said she saw, newest first."""
        since = self._clock.now() - TOLD_FOR
        return [
            LossView(
                contact_id=each.contact_id,
                channel=each.channel,
                queue=each.queue or UNPLACED,
                queue_label=queue_label(self._helpline, each.queue or UNPLACED),
                lost_at=each.lost_at,
                state=each.state,
                is_gone=each.is_gone,
            )
            for each in await self._engagements.losses(principal.staff_id, since)
        ]

    async def losses_seen(self, principal: Principal, until: datetime) -> None:
        """Note that she has seen what was lost up to `until`."""
        await self._engagements.losses_seen(principal.staff_id, until, self._clock.now())
