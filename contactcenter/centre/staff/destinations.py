"""Where a contact may be given to: a queue that answers its channel, a colleague of the line."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from config.errors import InvalidInput
from config.helpline.helpline import Helpline
from config.helpline.schema.lanes import Queue
from config.vocabulary import Channel
from records.supervision import Colleague, Floor


class Destinations:
    """Checks what an act names before anything is changed."""

    def __init__(self, floor: Floor, helpline: Helpline) -> None:
        """Read colleagues from `floor`."""
        self._floor = floor
        self._helpline = helpline

    def queue(self, queue_id: str, channel: Channel) -> Queue:
        """Return a queue that answers the channel; InvalidInput `queue_unknown`."""
        for queue in self._helpline.queues:
            if queue.id == queue_id and channel in queue.channels:
                return queue
        raise InvalidInput("no such queue", code="queue_unknown", field="queue")

    def check_needs(self, queue: Queue, needs: Iterable[str]) -> None:
        """Raise InvalidInput `need_unknown` for a need that the queue has no lanes for."""
        if not set(needs) <= set(queue.needs):
            raise InvalidInput("nobody there for that need", code="need_unknown", field="needs")

    async def colleague(self, line_id: str, listener_id: UUID) -> Colleague:
        """Return who works for the contact's line; InvalidInput `listener_unknown`."""
        found = await self._floor.colleague(listener_id, [line_id])
        if found is None or not found.active:
            raise InvalidInput("no such listener", code="listener_unknown", field="listener_id")
        return found

    def preferred_until(self, now: datetime) -> datetime:
        """Return until when one listener is asked before anybody else."""
        return now + timedelta(seconds=self._helpline.limits.preferred_listener_seconds)
