"""What follows a committed change: nothing here may undo it, and nothing is owed twice.

A wake-up that is lost is polled for; a call step that is not driven now is
driven when the sweep finds it due; an index that was not told is repaired by
the reconciler.
"""

import asyncio
from datetime import datetime, timedelta

import structlog

from config.errors import Unavailable
from config.vocabulary import Channel, ContactState, EngagementState, Level
from contactcenter.centre.queue.presence import Presence
from contactcenter.centre.queue.queueing import Queueing
from contactcenter.centre.system_lines import SystemLines
from contactcenter.centre.wakes import Wakes
from records.contacts import Accepted, ContactSnapshot
from records.engagements import Engagement
from routing.router import Router
from routing.wakeups import WakeKind

log = structlog.get_logger()


class Effects:
    """Tells the index, the screens and the step driver what has just been committed."""

    def __init__(
        self,
        queueing: Queueing,
        presence: Presence,
        router: Router,
        wakes: Wakes,
        lines: SystemLines,
        *,
        wrap_up: timedelta,
    ) -> None:
        """Start with no step owed; a write-up holds its listener's capacity for `wrap_up`."""
        self._lines = lines
        self._queueing = queueing
        self._presence = presence
        self._router = router
        self._wakes = wakes
        self._wrap_up_ms = int(wrap_up.total_seconds() * 1000)
        self.steps_due = asyncio.Event()

    async def changed(self, contact: ContactSnapshot) -> None:
        """Bring the index and the screens in line with a contact."""
        await self._queueing.changed(contact)
        await self._wakes.tell(WakeKind.STATE, contact.contact_id)

    async def accepted(self, accepted: Accepted) -> None:
        """Show an accepted contact to both sides; a call's steps start at once."""
        await self._wakes.tell(WakeKind.STATE, accepted.contact.contact_id)
        self._bring_call_on(accepted.engagement.channel)

    def _bring_call_on(self, channel: Channel) -> None:
        # Chats have no steps: waking every driver for them costs a read of the database each.
        if channel is Channel.CALL:
            self.steps_due.set()

    async def ended(self, contact: ContactSnapshot, taken: Engagement | None) -> None:
        """Follow the end of a contact: a write-up's time starts, or its listener is free again.

        `taken` is the engagement as it stood before the end.
        """
        await self.changed(contact)
        self._bring_call_on(contact.channel)
        if taken is None:
            return
        if contact.state is ContactState.ENDED and taken.state is EngagementState.TALKING:
            await self._presence.rest_after(taken.listener_id, contact.urgency)
            await self._hold_for_wrap_up(taken, self._wrap_up_ms)
        elif taken.state is EngagementState.CONNECTING:
            await self.freed(taken)

    async def given_back(self, contact: ContactSnapshot, taken: Engagement) -> None:
        """Follow a contact whose listener was lost: the person is told, her capacity is back."""
        await self._waits_again(contact, taken, "chat.listener_lost")

    async def _waits_again(self, contact: ContactSnapshot, taken: Engagement, why: str) -> None:
        """Queue first: words can wait, and nobody is told of what did not happen."""
        await self.changed(contact)
        self._bring_call_on(contact.channel)
        await self.freed(taken)
        if contact.state is ContactState.WAITING:
            await self._lines.say(contact, why)

    async def passed_on(self, contact: ContactSnapshot, taken: Engagement) -> None:
        """Follow a contact that its listener gave on, or was relieved of.

        Whoever listened to somebody in danger rests first, as after its end: what
        comes next is her own word. First answering passes on all day, and does not.
        """
        if taken.level is Level.LISTENING and taken.state is EngagementState.TALKING:
            await self._presence.rest_after(taken.listener_id, contact.urgency)
        await self._waits_again(contact, taken, "chat.handed_over")

    async def freed(self, taken: Engagement) -> None:
        """Give a listener the capacity of an ended engagement back; shift or pause follow."""
        await self._queueing.finished(taken.listener_id, taken.contact_id, taken.engagement_id)
        await self._presence.released(taken.listener_id)

    async def extended(self, taken: Engagement, now: datetime) -> None:
        """Hold a listener's capacity until the new end of her write-up, and show it."""
        assert taken.wrap_up_until is not None, "a write-up has an end"
        left = taken.wrap_up_until - now
        await self._hold_for_wrap_up(taken, max(0, int(left.total_seconds() * 1000)))
        await self._wakes.tell(WakeKind.STATE, taken.contact_id)

    async def _hold_for_wrap_up(self, taken: Engagement, for_ms: int) -> None:
        try:
            await self._router.wrap_up(taken.listener_id, taken.contact_id, for_ms)
        except Unavailable as error:
            log.warning("index_not_told", contact_id=str(taken.contact_id), code=error.code)
