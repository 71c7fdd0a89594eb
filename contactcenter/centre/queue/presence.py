"""Whether a listener takes contacts: committed first, then told to the index."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import structlog

from config.clock import Clock
from config.errors import InvalidInput, NotAllowed, Unavailable
from config.vocabulary import PresenceState, Urgency
from contactcenter.auth.principal import Principal
from contactcenter.centre.queue.queueing import Queueing
from contactcenter.centre.views import PresenceView
from records.presence import ListenerRow, Load, PresenceStore
from routing import model
from routing.router import Router

log = structlog.get_logger()

DECLARED = frozenset({PresenceState.READY, PresenceState.BREAK, PresenceState.OFFLINE})


class Presence:
    """What listeners declare, and what the service concludes about them."""

    def __init__(
        self,
        store: PresenceStore,
        router: Router,
        queueing: Queueing,
        clock: Clock,
        *,
        lease_ms: int,
    ) -> None:
        """Give each session a lease of `lease_ms`, renewed by its live sockets."""
        self._store = store
        self._router = router
        self._queueing = queueing
        self._clock = clock
        self._lease_ms = lease_ms

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
        return _view(row)

    async def declare(self, principal: Principal, state: PresenceState) -> PresenceView:
        """Commit what she declares, then tell routing; a newer session takes over.

        Raises InvalidInput for a state that only the service concludes,
        NotAllowed `no_profile` for an account that takes no contacts.
        """
        if state not in DECLARED:
            raise InvalidInput("not a state one declares", field="state")
        if principal.profile_id is None:
            raise NotAllowed("takes no contacts", code="no_profile")
        row = await self._store.declare(
            principal.staff_id,
            principal.session_id,
            state,
            "declared",
            principal.profile_id,
            principal.max_chats,
            self._clock.now(),
        )
        await self.tell(row)
        return _view(row)

    async def conclude(
        self, staff_id: UUID, state: PresenceState, reason: str, now: datetime
    ) -> ListenerRow | None:
        """Commit what the service concludes of a listener who said she was ready."""
        row = await self._store.current(staff_id)
        if row is None or row.state is PresenceState.OFFLINE or row.state is state:
            return None
        row = await self._store.declare(
            staff_id, row.session_id, state, reason, row.profile_id, row.max_chats, now
        )
        await self.tell(row)
        return row

    async def leave(self, principal: Principal) -> None:
        """Take nothing more in a session that is being signed out."""
        row = await self._store.current(principal.staff_id)
        if row is not None and row.session_id == principal.session_id:
            await self.conclude(
                principal.staff_id, PresenceState.OFFLINE, "signed_out", self._clock.now()
            )

    async def rest_after(self, staff_id: UUID, urgency: Urgency | None) -> None:
        """Pause a listener after a contact in danger: « ready again » is then her own word.

        DESIGN: never automatic after U1 or U2; DOMAIN 4: an offered pause, not counted
        as poor performance.
        """
        if urgency is None or urgency > Urgency.U2:
            return
        row = await self._store.current(staff_id)
        if row is not None and row.state is PresenceState.READY:
            await self.conclude(staff_id, PresenceState.BREAK, "hard_contact", self._clock.now())

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
        """Enter a presence in the index with her load, and offer her what waits."""
        try:
            loads = await self._store.loads(self._clock.now())
            await self._router.set_presence(self.entry(row, loads.get(row.staff_id, ())))
            if row.state is PresenceState.READY:
                await self._queueing.match_listener(row.staff_id)
        except Unavailable as error:
            log.warning("index_not_told", listener_id=str(row.staff_id), code=error.code)

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
        )


def _view(row: ListenerRow) -> PresenceView:
    reason = None if row.reason == "declared" else row.reason
    return PresenceView(state=row.state, since=row.since, version=row.version, reason=reason)
