"""Whether a listener takes contacts: committed first, then told to the index."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from config.clock import Clock
from config.errors import InvalidInput, NotAllowed, Unavailable
from config.helpline.helpline import Helpline
from config.vocabulary import PresenceState, Urgency
from contactcenter.auth.principal import Principal
from contactcenter.centre.queue.queueing import Queueing
from contactcenter.centre.views import PresenceView
from records.presence import ListenerRow, Load, PresenceStore
from routing import model
from routing.router import Router

log = structlog.get_logger()

DECLARED = frozenset(
    {PresenceState.READY, PresenceState.BREAK, PresenceState.LEAVING, PresenceState.OFFLINE}
)

News = Callable[[UUID], Awaitable[None]]


async def nobody_told(_staff_id: UUID) -> None:
    """Tell no screen: for a process without any."""


class Presence:
    """What listeners declare, and what the service concludes about them."""

    def __init__(
        self,
        store: PresenceStore,
        router: Router,
        queueing: Queueing,
        clock: Clock,
        helpline: Helpline,
        *,
        news: News = nobody_told,
    ) -> None:
        """Give each session a lease, renewed by its live sockets; `news` wakes the screens."""
        self._store = store
        self._router = router
        self._queueing = queueing
        self._clock = clock
        self._helpline = helpline
        self._news = news
        self._lease_ms = helpline.limits.lease_seconds * 1000
        self._pause = timedelta(seconds=helpline.limits.pause_seconds)

    async def current(self, principal: Principal) -> PresenceView:
        """Return her presence; offline, version 0, when she never declared one."""
        row = await self._store.current(principal.staff_id)
        return self.seen_by(principal, row)

    def seen_by(self, principal: Principal, row: ListenerRow | None) -> PresenceView:
        """Return a presence as one of her sessions sees it."""
        if row is None:
            return PresenceView(state=PresenceState.OFFLINE, since=self._clock.now(), version=0)
        if row.session_id != principal.session_id and row.state is not PresenceState.OFFLINE:
            # Another of her sessions takes the contacts: this one does not.
            return PresenceView(
                state=PresenceState.OFFLINE,
                since=row.since,
                version=row.version,
                reason="elsewhere",
            )
        return presence_view(row)

    async def declare(self, principal: Principal, state: PresenceState) -> PresenceView:
        """Commit what she declares, then tell routing; a newer session takes over.

        `leaving` with nothing open is `offline` at once. Raises InvalidInput
        for a state that only the service concludes, NotAllowed `no_profile`
        for an account that takes no contacts.
        """
        if state not in DECLARED:
            raise InvalidInput("not a state one declares", field="state")
        row = await self._store.declare(
            principal.staff_id,
            principal.session_id,
            state,
            "declared",
            self._profile_of(principal),
            principal.max_chats,
            self._clock.now(),
            # A shift begins anew: what was hard in the last one is over.
            hard_contacts=0 if state is PresenceState.OFFLINE else None,
            chats_beside_call=self._helpline.limits.chats_beside_call,
        )
        await self.tell(row)
        if state is PresenceState.LEAVING:
            row = await self.end_shift(principal.staff_id) or row
        return presence_view(row)

    def _profile_of(self, principal: Principal) -> str:
        if principal.profile_id is None:
            raise NotAllowed("takes no contacts", code="no_profile")
        try:
            return self._helpline.profile_for(principal.profile_id, principal.skills).id
        except KeyError:
            raise NotAllowed("her team is no longer one", code="no_profile") from None

    async def conclude(
        self,
        staff_id: UUID,
        state: PresenceState,
        reason: str,
        now: datetime,
        *,
        until: datetime | None = None,
        hard_contacts: int | None = None,
    ) -> ListenerRow | None:
        """Commit what the service concludes of a listener who said she was ready."""
        row = await self._store.current(staff_id)
        if row is None or row.state is PresenceState.OFFLINE or row.state is state:
            return None
        return await self._put(row, state, reason, now, until=until, hard_contacts=hard_contacts)

    async def _put(
        self,
        row: ListenerRow,
        state: PresenceState,
        reason: str,
        now: datetime,
        *,
        until: datetime | None,
        hard_contacts: int | None,
    ) -> ListenerRow:
        after = await self._store.declare(
            row.staff_id,
            row.session_id,
            state,
            reason,
            row.profile_id,
            row.max_chats,
            now,
            until=until,
            hard_contacts=hard_contacts,
        )
        await self.tell(after)
        return after

    async def end_shift(self, staff_id: UUID) -> ListenerRow | None:
        """Let who is leaving be offline once nothing holds her; None when there is nothing to do.

        A write-up whose time is over holds her no longer; she may still finish it.
        """
        now = self._clock.now()
        try:
            row = await self._store.current(staff_id)
            if row is None or row.state is not PresenceState.LEAVING:
                return None
            if (await self._store.loads(now)).get(staff_id):
                return None
            return await self.conclude(
                staff_id, PresenceState.OFFLINE, "shift_over", now, hard_contacts=0
            )
        except Unavailable as error:
            # What she has just finished is committed; her own word ends the shift too.
            log.warning("shift_not_ended", listener_id=str(staff_id), code=error.code)
            return None

    async def leave(self, principal: Principal) -> None:
        """Take nothing more in a session that is being signed out."""
        row = await self._store.current(principal.staff_id)
        if row is not None and row.session_id == principal.session_id:
            await self.conclude(
                principal.staff_id,
                PresenceState.OFFLINE,
                "signed_out",
                self._clock.now(),
                hard_contacts=0,
            )

    async def rest_after(self, staff_id: UUID, urgency: Urgency | None) -> None:
        """Pause a listener after a contact in danger: « ready again » is then her own word.

        DESIGN: never automatic after U1 or U2; DOMAIN 4: an offered pause, not counted
        as poor performance. How many there were in a row is kept for whoever looks
        after her, until a calmer contact, or the end of her shift.
        """
        row = await self._store.current(staff_id)
        if row is None or row.state is PresenceState.OFFLINE:
            return
        now = self._clock.now()
        if urgency is None or urgency > Urgency.U2:
            if row.hard_contacts:
                await self._put(row, row.state, row.reason, now, until=row.until, hard_contacts=0)
            return
        hard = row.hard_contacts + 1
        if row.state is PresenceState.READY:
            await self._put(
                row,
                PresenceState.BREAK,
                "hard_contact",
                now,
                until=now + self._pause,
                hard_contacts=hard,
            )
        else:
            await self._put(row, row.state, row.reason, now, until=row.until, hard_contacts=hard)

    async def of(self, staff_ids: Collection[UUID]) -> dict[UUID, ListenerRow]:
        """Return the presence in force of several listeners, read at once."""
        return await self._store.of(staff_ids)

    async def heartbeat(self, principal: Principal) -> bool:
        """Renew the lease; False when a newer session holds her presence.

        A lost index has no lease to renew: it is entered again from PostgreSQL.
        """
        try:
            if await self._router.heartbeat(principal.staff_id, principal.session_id):
                return True
            row = await self._store.current(principal.staff_id)
            if row is None or row.state is PresenceState.OFFLINE:
                return True  # nothing is leased, nothing is lost
            if row.session_id != principal.session_id:
                return False
            await self.tell(row)
        except Unavailable as error:
            log.warning("lease_not_renewed", code=error.code)
        return True

    async def tell_current(self, staff_id: UUID) -> None:
        """Enter a listener in the index again, as PostgreSQL has her now."""
        row = await self._store.current(staff_id)
        if row is not None:
            await self.tell(row)

    async def tell(self, row: ListenerRow) -> None:
        """Enter a presence in the index with her load, offer her what waits, wake the screens."""
        try:
            loads = await self._store.loads(self._clock.now())
            await self._router.set_presence(self.entry(row, loads.get(row.staff_id, ())))
            if row.state is PresenceState.READY:
                await self._queueing.match_listener(row.staff_id)
        except Unavailable as error:
            log.warning("index_not_told", listener_id=str(row.staff_id), code=error.code)
        await self._news(row.staff_id)

    def entry(self, row: ListenerRow, load: tuple[Load, ...]) -> model.ListenerPresence:
        """Return a presence as the index keeps it."""
        return model.ListenerPresence(
            listener_id=row.staff_id,
            session_id=row.session_id,
            version=row.version,
            profile_id=row.profile_id,
            state=row.state,
            max_chats=row.max_chats,
            load=[model.Load(each.contact_id, each.channel, each.engagement_id) for each in load],
            lease_ms=self._lease_ms,
            chats_beside_call=row.chats_beside_call,
        )


def presence_view(row: ListenerRow) -> PresenceView:
    """Return a presence as a desk shows it."""
    reason = None if row.reason == "declared" else row.reason
    return PresenceView(
        state=row.state, since=row.since, version=row.version, reason=reason, until=row.until
    )
