"""What each signed-in person is told as it happens.

One reader of the index's events and one of the wake-ups serve the whole
process; each subscriber has a bounded queue, and is told `resync` when it
overflows rather than ever slowing the others down.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog

from config.clock import Clock
from config.errors import CentreError, NotAllowed, TooMuch, Unavailable
from config.vocabulary import ContactState
from contactcenter.centre.live_events import (
    ContactChanged,
    ContactLost,
    LiveEvent,
    MessageStored,
    OfferMade,
    OfferWithdrawn,
    PresenceChanged,
    VisitorRead,
    VisitorTyping,
)
from contactcenter.centre.quarantine import About, Quarantine
from contactcenter.centre.queue.offers import Offers
from contactcenter.centre.queue.presence import Presence
from contactcenter.centre.staff.contact_desk import ContactDesk
from contactcenter.centre.staff.live_filter import Picture, may_supervise, seen_from
from contactcenter.centre.staff.queue_board import QueueBoard
from contactcenter.centre.staff.shared_views import Fits
from contactcenter.centre.views import ContactView, PresenceView
from contactcenter.centre.wakes import VISITOR, WakeQueue, Wakes
from records.actor import Principal
from routing.model import EventKind, OfferState, RoutingEvent
from routing.router import Router
from routing.wakeups import WakeKind, Wakeup

log = structlog.get_logger()

EVENTS_PENDING = 256
WAKES_PENDING = 10_000
LINES_READ = 100
TOLD_AT_ONCE = 32
NOBODY = UUID(int=0)


@dataclass(eq=False)
class Subscriber:
    """One live socket: whose it is, what is queued for it, how far each chat was told."""

    principal: Principal
    queue: asyncio.Queue[LiveEvent] = field(default_factory=lambda: asyncio.Queue(EVENTS_PENDING))
    told: dict[UUID, int] = field(default_factory=dict)
    shown: dict[UUID, ContactView] = field(default_factory=dict)
    presence: PresenceView | None = None
    has_overflowed: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    losses: set[tuple[UUID, datetime]] = field(default_factory=set)  # told over this socket

    def put(self, event: LiveEvent) -> None:
        """Queue an event; a reader too far behind is told so instead."""
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.has_overflowed = True


class LiveHub:
    """The live events of everybody connected to this process."""

    def __init__(
        self,
        router: Router,
        wakes: Wakes,
        offers: Offers,
        presence: Presence,
        contacts: ContactDesk,
        board: QueueBoard,
        quarantine: Quarantine,
        clock: Clock,
    ) -> None:
        """Take everything from the composition root."""
        self._router = router
        self._wakes = wakes
        self._offers = offers
        self._presence = presence
        self._contacts = contacts
        self._board = board
        self._quarantine = quarantine
        self._clock = clock
        self._heard = WakeQueue(WAKES_PENDING)
        self._subscribers: set[Subscriber] = set()
        self._attending: defaultdict[UUID, set[Subscriber]] = defaultdict(set)
        self._desks: defaultdict[UUID, set[Subscriber]] = defaultdict(set)

    @asynccontextmanager
    async def subscribe(self, principal: Principal) -> AsyncIterator[AsyncIterator[LiveEvent]]:
        """Yield this person's events from now on, starting with her current state."""
        subscriber = Subscriber(principal)
        self._subscribers.add(subscriber)
        self._desks[principal.staff_id].add(subscriber)
        self._wakes.follow(self._heard, principal.staff_id)
        try:
            await self._begin(subscriber)
            yield _events(subscriber)
        finally:
            self._subscribers.discard(subscriber)
            for contact_id in list(subscriber.told):
                self._leave(subscriber, contact_id)
            self._desks[principal.staff_id].discard(subscriber)
            if not self._desks[principal.staff_id]:
                del self._desks[principal.staff_id]
                self._wakes.unfollow(self._heard, principal.staff_id)

    async def _begin(self, subscriber: Subscriber) -> None:
        principal = subscriber.principal
        self._show_presence(subscriber, await self._presence.current(principal))
        await self._tell_losses(subscriber)
        for contact in await self._contacts.engaged(principal):
            self._attend(subscriber, contact.contact_id)
            subscriber.shown[contact.contact_id] = contact
        offer = await self._offers.current(principal)
        if offer is not None:
            subscriber.put(OfferMade(**offer.model_dump()))
        if (state := self._board.last) is not None:
            subscriber.put(seen_from(state, self._board.helpline, principal))
        figures = self._board.last_supervision
        if figures is not None and may_supervise(principal):
            subscriber.put(seen_from(figures, self._board.helpline, principal))

    def _attend(self, subscriber: Subscriber, contact_id: UUID, head_seq: int = 0) -> None:
        subscriber.told.setdefault(contact_id, head_seq)
        self._attending[contact_id].add(subscriber)
        self._wakes.follow(self._heard, contact_id)

    def _leave(self, subscriber: Subscriber, contact_id: UUID) -> None:
        subscriber.told.pop(contact_id, None)
        subscriber.shown.pop(contact_id, None)
        self._attending[contact_id].discard(subscriber)
        if not self._attending[contact_id]:
            del self._attending[contact_id]
            self._wakes.unfollow(self._heard, contact_id)

    # -- what the index tells

    async def hear(self) -> None:
        """Pass the index's events on to whom they concern, for ever.

        People are told side by side, each of them in order: telling one reads
        the engines, and nobody's offer waits for that (measured at half of the
        capacity: 99 % within 18 ms, where one after the other took 60).
        """
        gate = asyncio.Semaphore(TOLD_AT_ONCE)
        async with asyncio.TaskGroup() as tellings:
            async for event in self._router.events():
                for subscriber in list(self._subscribers):
                    hers = event.listener_id == subscriber.principal.staff_id
                    if hers or event.kind is EventKind.RESYNC:
                        await gate.acquire()
                        tellings.create_task(self._tell_in_turn(subscriber, event, gate))

    async def _tell_in_turn(
        self, subscriber: Subscriber, event: RoutingEvent, gate: asyncio.Semaphore
    ) -> None:
        try:
            async with subscriber.turn:
                is_resync = event.kind is EventKind.RESYNC
                telling = self._refresh(subscriber) if is_resync else self._tell(subscriber, event)
                await self._guarded(subscriber, telling)
        finally:
            gate.release()

    async def _tell(self, subscriber: Subscriber, event: RoutingEvent) -> None:
        if event.kind is EventKind.OFFERED:
            offer = await self._offers.current(subscriber.principal)
            if offer is not None and offer.offer_id == event.offer_id:
                subscriber.put(OfferMade(**offer.model_dump()))
        elif event.kind is EventKind.OFFER_CLOSED and event.offer_id and event.contact_id:
            subscriber.put(
                OfferWithdrawn(
                    offer_id=event.offer_id, contact_id=event.contact_id, reason=event.reason
                )
            )
            if event.reason == OfferState.CONFIRMED:
                await self._taken(subscriber, event.contact_id)
        else:
            await self._refresh(subscriber)

    async def _taken(self, subscriber: Subscriber, contact_id: UUID) -> None:
        self._attend(subscriber, contact_id)
        staff_id = subscriber.principal.staff_id
        await self._show(subscriber, contact_id, lambda view: _is_taken_by(view, staff_id))

    async def _refresh(self, subscriber: Subscriber) -> None:
        self._show_presence(subscriber, await self._presence.current(subscriber.principal))
        offer = await self._offers.current(subscriber.principal)
        if offer is not None:
            subscriber.put(OfferMade(**offer.model_dump()))

    async def show_presences(self) -> None:
        """Tell whoever is connected here what became of her presence: one round, each second.

        Whichever process concluded it: the index's events come before the commit.
        """
        if not self._subscribers:
            return
        rows = await self._presence.of({each.principal.staff_id for each in self._subscribers})

        async def show(subscriber: Subscriber) -> None:
            row = rows.get(subscriber.principal.staff_id)
            if row is not None:
                view = self._presence.seen_by(subscriber.principal, row)
                self._show_presence(subscriber, view)

        await self._quarantine.each(list(self._subscribers), show, _about("presence"))

    async def _refresh_presence(self, subscriber: Subscriber) -> None:
        """Show at once a state set for her, or concluded, in any process."""
        self._show_presence(subscriber, await self._presence.current(subscriber.principal))

    def _show_presence(self, subscriber: Subscriber, view: PresenceView) -> None:
        if view == subscriber.presence:
            return
        subscriber.presence = view
        subscriber.put(
            PresenceChanged(
                state=view.state, since=view.since, reason=view.reason, until=view.until
            )
        )

    # -- what happens to her contacts

    async def hear_wakes(self) -> None:
        """Pass on what happens to people here and to the contacts they work on, for ever."""
        async for wakeup in self._heard:
            for subscriber in list(self._desks.get(wakeup.contact_id or NOBODY, ())):
                await self._guarded(subscriber, self._refresh_presence(subscriber))
            concerned = [wakeup.contact_id] if wakeup.contact_id else list(self._attending)
            for contact_id in concerned:
                for subscriber in list(self._attending.get(contact_id, ())):
                    await self._guarded(subscriber, self._pass_on(subscriber, contact_id, wakeup))

    async def _pass_on(self, subscriber: Subscriber, contact_id: UUID, wakeup: Wakeup) -> None:
        whose = wakeup.numbers[:1]
        if wakeup.kind is WakeKind.TYPING and whose == (VISITOR,):
            subscriber.put(VisitorTyping(contact_id=contact_id))
        elif wakeup.kind is WakeKind.READ and whose == (VISITOR,):
            subscriber.put(VisitorRead(contact_id=contact_id, seq=wakeup.numbers[1]))
        elif wakeup.kind is WakeKind.MESSAGE:
            await self._lines(subscriber, contact_id)
        elif wakeup.kind in (WakeKind.STATE, WakeKind.RESYNC):
            least = wakeup.numbers[0] if wakeup.numbers else None
            await self._show(subscriber, contact_id, lambda view: _is_of(view, least))
            if wakeup.kind is WakeKind.RESYNC:
                await self._lines(subscriber, contact_id)

    async def _show(self, subscriber: Subscriber, contact_id: UUID, fits: Fits) -> None:
        try:
            contact = await self._contacts.view_that(subscriber.principal, contact_id, fits)
        except NotAllowed:
            await self._lost(subscriber, contact_id)
            return
        if contact.state is ContactState.WAITING:
            await self._tell_losses(subscriber)
        subscriber.put(ContactChanged(contact=contact))
        subscriber.shown[contact_id] = contact
        taken = contact.engagement
        hers = taken is not None and taken.listener_id == subscriber.principal.staff_id
        # A wake-up may be late: by now a colleague may have what this listener gave back.
        if not hers or contact.state in (ContactState.CLOSED, ContactState.WAITING):
            self._leave(subscriber, contact_id)

    async def _tell_losses(self, subscriber: Subscriber) -> None:
        """Tell her what her desk lost, each once to a socket: the page that lost it is not this one."""
        for loss in reversed(await self._contacts.losses(subscriber.principal)):
            told = (loss.contact_id, loss.lost_at)
            if told not in subscriber.losses:
                subscriber.losses.add(told)
                subscriber.put(ContactLost(**loss.model_dump()))

    async def _lost(self, subscriber: Subscriber, contact_id: UUID) -> None:
        """Tell her that a contact is hers no more, and of its record nothing she had not seen.

        A call that her telephone did not answer: she may not read it any more,
        and a desk told nothing would go on connecting it for ever.
        """
        shown = subscriber.shown.get(contact_id)
        self._leave(subscriber, contact_id)
        if shown is not None:
            subscriber.put(ContactChanged(contact=await self._contacts.lost(shown)))

    async def _lines(self, subscriber: Subscriber, contact_id: UUID) -> None:
        """Tell the lines stored since the last told one; the desk reads the history itself."""
        after = subscriber.told.get(contact_id)
        if after is None:
            return
        page = await self._contacts.messages(
            subscriber.principal, contact_id, after=after, limit=LINES_READ
        )
        for line in page.messages:
            subscriber.put(MessageStored(contact_id=contact_id, message=line))
            subscriber.told[contact_id] = line.seq

    async def catch_up(self) -> None:
        """Tell lines whose wake-up was lost, or failed to be read: one round, every two seconds.

        A wake-up is a hint and may be lost; a child's line must not stay unseen for it.
        """
        if not self._attending:
            return
        for contact_id in await self._contacts.vanished(list(self._attending)):
            for subscriber in list(self._attending.get(contact_id, ())):
                self._begin_anew(subscriber, contact_id)
        for contact_id, head in (await self._contacts.heads(list(self._attending))).items():
            for subscriber in list(self._attending.get(contact_id, ())):
                if subscriber.told.get(contact_id, head) < head:
                    await self._guarded(subscriber, self._lines(subscriber, contact_id))

    def _begin_anew(self, subscriber: Subscriber, contact_id: UUID) -> None:
        """Let her desk read everything again: a contact on it was lost with PostgreSQL's last commits."""
        self._leave(subscriber, contact_id)
        subscriber.has_overflowed = True
        if subscriber.presence is not None:
            shown, subscriber.presence = subscriber.presence, None
            self._show_presence(subscriber, shown)

    # -- the queues

    async def show_queues(self) -> None:
        """Tell everybody the state of the queues if it has changed: one round, each second.

        Whoever supervises is told the figures too; nothing is read for her while
        nobody of hers is connected here.
        """
        now = self._clock.now()
        state = await self._board.look(now)
        if state is not None:
            await self._tell_all(state, self._subscribers)
        supervising = {each for each in self._subscribers if may_supervise(each.principal)}
        if supervising:
            figures = await self._board.supervise(now, self._wakes.changes)
            if figures is not None:
                await self._tell_all(figures, supervising & self._subscribers)

    async def _tell_all(self, state: Picture, subscribers: set[Subscriber]) -> None:
        async def tell(subscriber: Subscriber) -> None:
            subscriber.put(seen_from(state, self._board.helpline, subscriber.principal))

        await self._quarantine.each(list(subscribers), tell, _about("queues"))

    async def _guarded(self, subscriber: Subscriber, telling: Awaitable[None]) -> None:
        # One person's refused or failed reading must not silence the others: she
        # reads the same state from the API when her socket comes back.
        try:
            await telling
        except Unavailable as error:
            log.warning("live_event_not_told", code=error.code)
        except CentreError as error:
            log.info("live_event_refused", code=error.code)
        except Exception as error:  # noqa: BLE001 - counted, and logged with its place
            # A mistake of ours about this one person or contact: her desk reads all of it anew.
            await self._quarantine.failed(_about("event")(subscriber), error)
            subscriber.has_overflowed = True


def _is_of(view: ContactView, version: int | None) -> bool:
    return version is not None and view.version >= version


def _is_taken_by(view: ContactView, staff_id: UUID) -> bool:
    taken = view.engagement
    hers = taken is not None and taken.listener_id == staff_id
    return hers and view.state is ContactState.ACTIVE


def _about(act: str) -> Callable[[Subscriber], About]:
    return lambda subscriber: About(act, listener_id=subscriber.principal.staff_id)


async def _events(subscriber: Subscriber) -> AsyncIterator[LiveEvent]:
    while True:
        if subscriber.has_overflowed:
            raise TooMuch("too far behind", code="resync")
        yield await subscriber.queue.get()
