"""What whoever supervises sees and does at once, beyond one contact: listeners and queues."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import structlog

from config.clock import Clock
from config.errors import InvalidInput, NotFound, Unavailable
from config.helpline.helpline import Helpline
from config.vocabulary import (
    Channel,
    ListenerActReason,
    OverrideKind,
    PresenceState,
    QueueActReason,
)
from contactcenter.centre.queue.presence import Presence, presence_view
from contactcenter.centre.queue.states import QueueStates
from contactcenter.centre.staff.floor_board import FloorBoard
from contactcenter.centre.staff.queue_figures import override_views
from contactcenter.centre.supervision_views import (
    EVERY_QUEUE,
    OverrideView,
    SupervisionView,
)
from contactcenter.centre.views import PresenceView
from records.actor import Principal
from records.overrides import QueueOverrides, checked_words
from records.supervision import ForcedPresence

log = structlog.get_logger()


class Supervision:
    """Everything behind the supervisor's screen."""

    def __init__(
        self,
        floor: FloorBoard,
        forced: ForcedPresence,
        presence: Presence,
        overrides: QueueOverrides,
        states: QueueStates,
        helpline: Helpline,
        clock: Clock,
    ) -> None:
        """Take everything from the composition root."""
        self._floor = floor
        self._forced = forced
        self._presence = presence
        self._overrides = overrides
        self._states = states
        self._helpline = helpline
        self._clock = clock

    async def view(self, principal: Principal) -> SupervisionView:
        """Return queues, listeners, contacts under way and alerts of her lines."""
        return await self._floor.view(principal.line_ids)

    async def force(
        self,
        principal: Principal,
        listener_id: UUID,
        state: PresenceState,
        reason: ListenerActReason,
    ) -> PresenceView:
        """Set a listener's state for her; what she has open stays hers to finish."""
        row = await self._forced.set(principal, listener_id, state, reason, self._clock.now())
        await self._presence.tell(row)
        if state is PresenceState.LEAVING:
            row = await self._presence.released(listener_id) or row
        return presence_view(row)

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
        """Put what is set on a queue in force, the whole of it: what is left out is lifted.

        Told everywhere within a second, here at once. Raises NotFound for a queue that
        is none, or on none of her lines; InvalidInput `override_empty`, `language_unknown`.
        """
        if not closed and message is None:
            raise InvalidInput("nothing to set", code="override_empty", field="closed")
        self._check_languages(message)
        subject, now = principal, self._clock.now()
        lines = self._lines(principal, queue)
        wanted = {OverrideKind.CLOSED: closed, OverrideKind.MESSAGE: message is not None}
        for kind in (each for each, is_wanted in wanted.items() if is_wanted):
            # All of it is looked at before any of it is in force.
            texts = message if kind is OverrideKind.MESSAGE else None
            checked_words(queue, kind, texts, until, now)
        standing = []
        for line in lines:
            for kind, is_wanted in wanted.items():
                if is_wanted:
                    texts = message if kind is OverrideKind.MESSAGE else None
                    standing.append(
                        await self._overrides.set(
                            subject,
                            line,
                            queue,
                            channel,
                            kind,
                            now,
                            texts=texts,
                            until=until,
                            reason=reason.value,
                        )
                    )
                else:
                    await self._overrides.lift(
                        subject, line, queue, now, channel=channel, kind=kind, reason=reason.value
                    )
        await self._look_again()
        return override_views(standing)[0]

    async def lift(
        self, principal: Principal, queue: str, channel: Channel | None, reason: QueueActReason
    ) -> None:
        """Lift what is set on a queue; nothing set is no error."""
        subject, now = principal, self._clock.now()
        for line in self._lines(principal, queue):
            await self._overrides.lift(
                subject, line, queue, now, channel=channel, reason=reason.value
            )
        await self._look_again()

    def _lines(self, principal: Principal, queue: str) -> list[str]:
        """Return on which lines of hers a queue is; all of them for every queue. NotFound."""
        main = self._helpline.line.id
        if queue == EVERY_QUEUE:
            named = [line.id for line in self._helpline.lines]
        else:
            named = [each.line or main for each in self._helpline.queues if each.id == queue]
        lines = [line for line in named if line in principal.line_ids]
        if not lines:
            raise NotFound("no such queue")
        return lines

    def _check_languages(self, message: Mapping[str, str] | None) -> None:
        spoken = self._helpline.line.languages
        if message is not None and not ({spoken[0]} <= set(message) <= set(spoken)):
            raise InvalidInput("not the line's", code="language_unknown", field="message")

    async def _look_again(self) -> None:
        """See at once what was set, here; every other process looks each second."""
        try:
            await self._states.look()
        except Unavailable as error:
            log.warning("queue_states_not_seen", code=error.code)
