"""The safety net: what is due is done, whichever node and whatever crashed before.

Run every few hundred milliseconds by every node that routes. The index acts
by itself; here its report is recorded in PostgreSQL and followed up.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from config.clock import Clock
from config.errors import CentreError
from config.vocabulary import ContactEventKind, PresenceState
from contactcenter.centre.effects import Effects
from contactcenter.centre.quarantine import About, Quarantine
from contactcenter.centre.queue.presence import Presence
from contactcenter.centre.queue.queueing import Queueing, taken_version
from records.actor import SYSTEM
from records.contacts.contacts import Contacts
from records.engagements.engagement import Engagement
from records.engagements.engagements import Engagements
from records.presence import PresenceStore
from routing.model import Offer, SweepReport
from routing.router import Router

log = structlog.get_logger()

LOST_AT_ONCE = 100
# A session in use is written down at most once a minute.
SESSION_SILENT = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class _FollowUp:
    """One thing that a report asks for."""

    about: About
    act: Callable[[], Awaitable[None]]


class Sweep:
    """One bounded round of what is due."""

    def __init__(
        self,
        router: Router,
        contacts: Contacts,
        engagements: Engagements,
        store: PresenceStore,
        presence: Presence,
        queueing: Queueing,
        effects: Effects,
        quarantine: Quarantine,
        clock: Clock,
        *,
        grace: timedelta,
        preferred: timedelta,
    ) -> None:
        """Give a lost listener `grace` before her chats go back, preferred to her for a while."""
        self._router = router
        self._contacts = contacts
        self._engagements = engagements
        self._store = store
        self._presence = presence
        self._queueing = queueing
        self._effects = effects
        self._quarantine = quarantine
        self._clock = clock
        self._grace = grace
        self._preferred = preferred

    async def round(self) -> SweepReport:
        """Sweep the index, record what it reports, and do what it asks.

        Raises Unavailable when an engine is away: what is owed is told again,
        or found by `Outcomes`.
        """
        report = await self._router.sweep()
        asked = self._follow_ups(report)
        await self._quarantine.each(asked, lambda each: each.act(), lambda each: each.about)
        return report

    def _follow_ups(self, report: SweepReport) -> Iterator[_FollowUp]:
        """Yield what a report asks for, who holds something first."""
        note = self._queueing.note
        back = self._queueing.given_back
        for offer in report.stuck_accepting:
            yield _of("settle", offer, partial(self._settle, offer))
        for listener_id in report.leases_lost:
            act = partial(self._conclude, listener_id, PresenceState.OFFLINE, "lease_lost")
            yield _FollowUp(About("lease_lost", listener_id=listener_id), act)
        for listener_id in report.asked:
            act = partial(self._conclude, listener_id, PresenceState.ASKED, "missed_offers")
            yield _FollowUp(About("asked", listener_id=listener_id), act)
        for listener_id, contact_id in report.wrap_ups_over:
            act = partial(self._end_wrap_up, listener_id, contact_id)
            yield _FollowUp(About("wrap_up_over", contact_id, listener_id), act)
        for contact_id in report.exhausted:
            act = partial(self._note_exhausted, contact_id)
            yield _FollowUp(About("exhausted", contact_id), act)
        for offer in report.expired:
            yield _of("expired", offer, partial(self._expired, offer))
        for offer in report.unseen:
            yield _of("unseen", offer, partial(back, offer, ContactEventKind.OFFER_UNSEEN))
        for offer in report.withdrawn:
            yield _of("withdrawn", offer, partial(back, offer, ContactEventKind.OFFER_WITHDRAWN))
        for offer in report.offered:
            yield _of("offered", offer, partial(note, offer, ContactEventKind.OFFERED))

    async def _expired(self, offer: Offer) -> None:
        await self._queueing.given_back(offer, ContactEventKind.OFFER_EXPIRED)
        await self._count_miss(offer)

    async def _settle(self, offer: Offer) -> None:
        """Ask PostgreSQL what became of an accept whose node fell silent."""
        engagement = await self._engagements.get(offer.offer_id)
        if engagement is None:
            await self._router.release(offer.offer_id, contact_gone=False)
            log.warning("accept_released", offer_id=str(offer.offer_id))
            return
        contact = await self._contacts.get(engagement.contact_id)
        await self._router.confirm(engagement.engagement_id, taken_version(contact))
        self._effects.steps_due.set()
        log.warning("accept_confirmed_late", offer_id=str(offer.offer_id))

    async def _count_miss(self, offer: Offer) -> None:
        try:
            await self._store.missed(offer.listener_id)
        except CentreError as error:
            log.warning("miss_not_counted", code=error.code)

    async def _note_exhausted(self, contact_id: UUID) -> None:
        await self._contacts.note_event(
            contact_id, ContactEventKind.ROUND_EXHAUSTED, self._clock.now(), SYSTEM
        )
        log.warning("round_exhausted", contact_id=str(contact_id))

    async def _conclude(self, listener_id: UUID, state: PresenceState, reason: str) -> None:
        await self._presence.conclude(listener_id, state, reason, self._clock.now())
        log.info(
            "presence_concluded", listener_id=str(listener_id), state=state.value, reason=reason
        )

    async def _end_wrap_up(self, listener_id: UUID, contact_id: UUID) -> None:
        """Give the capacity back; the write-up itself stays open for her to finish."""
        engagement = await self._engagements.open_for_contact(contact_id)
        mine = engagement is not None and engagement.listener_id == listener_id
        await self._queueing.finished(
            listener_id, contact_id, engagement.engagement_id if mine and engagement else None
        )
        await self._presence.released(listener_id)

    async def return_orphans(self) -> None:
        """Put chats of listeners lost for longer than the grace back, at the head, hers first."""
        now = self._clock.now()
        orphans = await self._engagements.orphaned_chats(
            now - self._grace,
            now - self._grace - SESSION_SILENT,
            LOST_AT_ONCE + self._quarantine.aside,
        )
        await self._quarantine.each(orphans, partial(self._return_orphan, now), _about_orphan)

    async def _return_orphan(self, now: datetime, engagement: Engagement) -> None:
        change = await self._engagements.return_contact(
            engagement.contact_id,
            "listener_lost",
            now,
            returned_to_head=True,
            lost_by_desk=True,
            engagement_id=engagement.engagement_id,
            preferred_listener_id=engagement.listener_id,
            preferred_until=now + self._preferred,
        )
        await self._effects.follow(change)


def _of(act: str, offer: Offer, does: Callable[[], Awaitable[None]]) -> _FollowUp:
    return _FollowUp(About(act, offer.contact_id), does)


def _about_orphan(engagement: Engagement) -> About:
    return About("orphan", engagement.contact_id, engagement.listener_id)
