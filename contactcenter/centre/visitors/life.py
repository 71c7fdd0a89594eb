"""Signs of life of waiting visitors: who is held back, who is given up, who is back.

A socket speaks for its visitor until it is closed or dead; polling speaks for
who has none. What is seen is gathered and written once every few seconds for
everybody, so that a thousand visitors cost one statement.
"""

from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from config.clock import Clock
from config.errors import Unavailable
from config.vocabulary import ContactState
from contactcenter.centre.effects import Effects
from contactcenter.centre.quarantine import About, Quarantine
from records.contacts.contacts import Contacts
from records.contacts.snapshot import ContactSnapshot
from routing.router import Router

log = structlog.get_logger()

AWAY_AT_ONCE = 200


class SignsOfLife:
    """Keeps `visitor_seen_at` fresh, and acts on those it has stopped being fresh for."""

    def __init__(
        self,
        contacts: Contacts,
        router: Router,
        effects: Effects,
        quarantine: Quarantine,
        clock: Clock,
        *,
        silent: timedelta,
        away: timedelta,
    ) -> None:
        """Offer nobody unseen for `silent`; give up whoever is unseen for `away`."""
        self._contacts = contacts
        self._router = router
        self._effects = effects
        self._quarantine = quarantine
        self._clock = clock
        self._silent = silent
        self._since = clock.now()
        self._away = away
        self._sockets: Counter[UUID] = Counter()
        self._seen: set[UUID] = set()
        self._held: set[UUID] = set()

    async def connected(self, contact_id: UUID) -> None:
        """Count a socket; its visitor may be offered again at once."""
        self._sockets[contact_id] += 1
        self._seen.add(contact_id)
        await self._offer_again(contact_id)

    def disconnected(self, contact_id: UUID) -> None:
        """Count a socket off; its visitor was there until now."""
        self._sockets[contact_id] -= 1
        if self._sockets[contact_id] <= 0:
            del self._sockets[contact_id]
        self._seen.add(contact_id)

    def forget(self, contact_id: UUID) -> None:
        """Drop what is kept of a visitor who has left."""
        self._seen.discard(contact_id)
        self._held.discard(contact_id)

    def alive(self, contact_id: UUID) -> None:
        """Note a sign of life, to be written with the next round."""
        self._seen.add(contact_id)

    async def write_down(self) -> None:
        """Write the signs gathered since the last round, in one statement."""
        seen, self._seen = self._seen | set(self._sockets), set()
        if not seen:
            return
        try:
            await self._contacts.seen_all(sorted(seen), self._clock.now())
        except Unavailable:
            self._seen |= seen
            raise
        for contact_id in seen & self._held:
            await self._offer_again(contact_id)

    async def look_for_absent(self) -> None:
        """Hold back who has been silent, give up who has been away too long.

        What was heard here is written down first, and after a time without the
        database everybody gets as long as at a start: signs could not be written.
        """
        try:
            await self.write_down()
        except Unavailable:
            self._since = self._clock.now()
            raise
        now = self._clock.now()
        # While this process was not there it could hear nobody: it gives visitors as long to
        # come back as they have to stay away.
        gone_since = now - self._away if now - self._since >= self._away else None
        absent = await self._contacts.away_since(
            now - self._silent, AWAY_AT_ONCE + self._quarantine.aside
        )
        follow = partial(self._follow_absence, now, gone_since)
        await self._quarantine.each(absent, follow, lambda each: About("absent", each.contact_id))

    async def _follow_absence(
        self, now: datetime, gone_since: datetime | None, contact: ContactSnapshot
    ) -> None:
        assert contact.visitor_seen_at is not None, "a chat was seen when it came in"
        if gone_since is None or contact.visitor_seen_at >= gone_since:
            await self._router.hold_back(contact.contact_id)
            self._held.add(contact.contact_id)
            return
        change = await self._contacts.end_away(contact.contact_id, gone_since, now)
        if change.after.state is ContactState.CLOSED:
            self._held.discard(contact.contact_id)
            await self._effects.follow(change)

    async def _offer_again(self, contact_id: UUID) -> None:
        # Whichever process held it back: asking is idempotent, and cheap on a (re)connection.
        self._held.discard(contact_id)
        try:
            await self._router.offerable(contact_id, True)
            await self._router.match_contact(contact_id)
        except Unavailable as error:
            log.warning("index_not_told", contact_id=str(contact_id), code=error.code)
