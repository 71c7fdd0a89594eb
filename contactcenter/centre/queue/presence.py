"""Whether a listener takes contacts: committed first, then told to the index."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from config.clock import Clock
from config.errors import InvalidInput, NotAllowed, Unavailable
from config.helpline.helpline import Helpline
from config.vocabulary import PresenceState, Urgency
from contactcenter.centre.queue.queueing import Queueing
from contactcenter.centre.views import PresenceView
from records.actor import Principal
from records.presence import ListenerRow, Load, PresenceStore
from routing import model
from routing.router import Router

log = structlog.get_logger()

DECLARED = frozenset(
    {PresenceState.READY, PresenceState.BREAK, PresenceState.LEAVING, PresenceState.OFFLINE}
)

# What a desk says of a telephone that cannot be rung: over when it can again.
TELEPHONE_LOST = "telephone_lost"
# What the service concludes of who listened to somebody in danger.
RESTS = "hard_contact"

News = Callable[[UUID], Awaitable[None]]
# Of whom, until when, and now: her presence with that pause, None for who does not rest.
BeginPause = Callable[[UUID, datetime, datetime], Awaitable[ListenerRow | None]]


async def nobody_told(_staff_id: UUID) -> None:
    """Tell no screen: for a process without any."""


async def nobody_rests(_staff_id: UUID, _until: datetime, _now: datetime) -> ListenerRow | None:
    """Say no end of any pause: for a process without screens to show it."""
    return None


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
        begin_pause: BeginPause = nobody_rests,
    ) -> None:
        """Give each session a lease, renewed by its live sockets; `news` wakes the screens.

        `begin_pause` keeps until when a pause is offered (`PresenceStore.begin_pause`).
        """
        self._store = store
        self._router = router
        self._queueing = queueing
        self._clock = clock
        self._helpline = helpline
        self._news = news
        self._begin_pause = begin_pause
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
        for a state that only the service concludes (`check_audio` is the word
        of a desk whose telephone was lost, and changes only who is ready), NotAllowed `no_profile`
        for an account that takes no contacts.
        """
        if state is PresenceState.CHECK_AUDIO:
            return await self._telephone_lost(principal)
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
            row = await self.released(principal.staff_id) or row
        return presence_view(row)

    async def _telephone_lost(self, principal: Principal) -> PresenceView:
        """Conclude that who is ready cannot be rung; her desk has just said so."""
        row = await self._store.current(principal.staff_id)
        is_hers = row is not None and row.session_id == principal.session_id
        if row is not None and is_hers and row.state is PresenceState.READY:
            state, now = PresenceState.CHECK_AUDIO, self._clock.now()
            row = await self.conclude(row.staff_id, state, TELEPHONE_LOST, now)
        return self.seen_by(principal, row)

    def _profile_of(self, principal: Principal) -> str:
        if principal.profile_id is None:
            raise NotAllowed("takes no contacts", code="no_profile")
        try:
            return self._helpline.profile_for(
                principal.profile_id, principal.skills, principal.line_ids
            ).id
        except KeyError:
            raise NotAllowed("no team, or none on her lines", code="no_profile") from None

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

    async def released(self, staff_id: UUID) -> ListenerRow | None:
        """Follow what no longer holds a listener; None while something does, or nothing changes.

        Who is leaving is offline then. For who rests the offered pause begins: writing
        up is work. A write-up whose time is over holds her no longer; she may still
        finish it.
        """
        now = self._clock.now()
        try:
            row = await self._store.current(staff_id)
            if row is None or not (row.state is PresenceState.LEAVING or _awaits_pause(row)):
                return None
            if (await self._store.loads(now)).get(staff_id):
                return None
            if row.state is PresenceState.LEAVING:
                return await self.conclude(
                    staff_id, PresenceState.OFFLINE, "shift_over", now, hard_contacts=0
                )
            rests = await self._begin_pause(staff_id, now + self._pause, now)
        except Unavailable as error:
            # What she has just finished is committed; her own word ends shift and pause too.
            log.warning("release_not_followed", listener_id=str(staff_id), code=error.code)
            return None
        if rests is not None:
            await self.tell(rests)
        return rests

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
        as poor performance. Its time begins once she has written up (`released`). How
        many there were in a row is kept for whoever looks after her, until a calmer
        contact, or the end of her shift.
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
            await self._put(row, PresenceState.BREAK, RESTS, now, until=None, hard_contacts=hard)
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


def _awaits_pause(row: ListenerRow) -> bool:
    return row.state is PresenceState.BREAK and row.reason == RESTS and row.until is None


def presence_view(row: ListenerRow) -> PresenceView:
    """Return a presence as a desk shows it."""
    reason = None if row.reason == "declared" else row.reason
    return PresenceView(
        state=row.state, since=row.since, version=row.version, reason=reason, until=row.until
    )
