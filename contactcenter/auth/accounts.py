"""Signing in, and whose session a token is."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID

import structlog

from config.clock import Clock, monotonic
from config.errors import CentreError, NotSignedIn, TooMuch, Unavailable
from config.ids import new_token
from contactcenter.auth.judging import Judge
from contactcenter.auth.passwords import Passwords
from contactcenter.auth.principal import LiveTicket, OpenedSession
from contactcenter.auth.throttle import SignInThrottle
from records.actor import Principal
from records.database import Database
from records.staff import Credentials, Sessions, SignedIn, Staff, plain_login
from records.staff.sessions import TOUCH_EVERY
from records.vault import Vault

log = structlog.get_logger()

# A working day: whoever is still at it signs in again.
SESSION_LASTS = timedelta(hours=12)
# An open desk gives signs of life by its live socket, so this ends forgotten ones only.
SESSION_IDLE = timedelta(hours=1)
TICKET_LASTS = timedelta(seconds=30)


class StaffAccounts:
    """The accounts of PostgreSQL, as the edges ask for them."""

    def __init__(
        self,
        staff: Staff,
        sessions: Sessions,
        passwords: Passwords,
        throttle: SignInThrottle,
        clock: Clock,
        *,
        lasts: timedelta = SESSION_LASTS,
    ) -> None:
        """Take everything by hand; `over` makes the usual ones."""
        self._sessions = sessions
        self._throttle = throttle
        self._judge = Judge(staff, passwords, throttle)
        self._clock = clock
        self._lasts = lasts

    @classmethod
    def over(
        cls,
        database: Database,
        vault: Vault,
        passwords: Passwords,
        clock: Clock,
        *,
        lasts: timedelta = SESSION_LASTS,
    ) -> "StaffAccounts":
        """Return the accounts of this database, with a throttle of this process's own.

        A session ends after `lasts`, whatever its use: the length of a shift.
        """
        return cls(
            Staff(database, vault),
            Sessions(database, vault, idle=SESSION_IDLE),
            passwords,
            SignInThrottle(secrets.token_bytes(32), monotonic),
            clock,
            lasts=lasts,
        )

    async def sign_in(self, login: str, password: str, totp: str, address: str) -> OpenedSession:
        """Open a session for a right login, password and unused code.

        Raises NotSignedIn `wrong_credentials` whatever was wrong, after the
        same work; TooMuch `too_many_attempts` or `busy`; Unavailable. An
        attempt that could not be judged is not counted.
        """
        attempt = self._throttle.begin(plain_login(login), address)
        now = self._clock.now()
        try:
            found, wrong = await self._judge.judge(login, password, totp, attempt, now)
            if found is None or wrong:
                await self._refuse(found, wrong)
            opened = await self._open(found.staff_id, now)
        except NotSignedIn:
            raise NotSignedIn(code="wrong_credentials") from None
        except TooMuch:
            self._throttle.not_judged(attempt)
            raise
        except CentreError:
            self._throttle.give_back(attempt)
            raise
        self._throttle.give_back(attempt)
        return opened

    async def principal(self, token: str) -> Principal:
        """Return whose session this is, and note the sign of life; raise NotSignedIn."""
        now = self._clock.now()
        signed_in = await self._sessions.find(_hash(token), now)
        await self._touch(signed_in, now)
        return signed_in.principal

    async def sign_out(self, principal: Principal) -> None:
        """Revoke the session; it is over for every process at once."""
        await self._sessions.revoke(principal.session_id, self._clock.now())

    async def live_ticket(self, principal: Principal) -> LiveTicket:
        """Make a single-use ticket into the live socket, 30 s long."""
        now = self._clock.now()
        ticket, expires_at = new_token(), now + TICKET_LASTS
        await self._sessions.issue_ticket(principal.session_id, _hash(ticket), now, expires_at)
        return LiveTicket(ticket, expires_at)

    async def redeem(self, ticket: str) -> Principal:
        """Spend a ticket; NotSignedIn `ticket_refused` when unknown, used or expired."""
        try:
            return (await self._sessions.use_ticket(_hash(ticket), self._clock.now())).principal
        except NotSignedIn:
            raise NotSignedIn(code="ticket_refused") from None

    async def still_signed_in(self, principal: Principal) -> None:
        """Raise NotSignedIn once the session is over; else note the sign of life."""
        now = self._clock.now()
        await self._touch(await self._sessions.get(principal.session_id, now), now)

    async def _refuse(self, found: Credentials | None, reason: str) -> NoReturn:
        """Keep the refusal in the trail and raise NotSignedIn."""
        staff_id = None if found is None else found.staff_id
        log.info("sign_in_refused", staff_id=staff_id, reason=reason)
        try:
            await self._sessions.note_refusal(staff_id, reason, self._clock.now())
        except Unavailable as error:
            log.warning("sign_in_refusal_not_kept", code=error.code)
        raise NotSignedIn

    async def _open(self, staff_id: UUID, now: datetime) -> OpenedSession:
        token, expires_at = new_token(), now + self._lasts
        signed_in = await self._sessions.create(staff_id, _hash(token), now, expires_at)
        return OpenedSession(token, expires_at, signed_in.principal)

    async def _touch(self, signed_in: SignedIn, now: datetime) -> None:
        if now - signed_in.last_seen_at < TOUCH_EVERY:
            return
        try:
            await self._sessions.touch(signed_in.session_id, now)
        except Unavailable as error:
            # The session was read and stands; the next request notes the life.
            log.info("session_touch_failed", code=error.code)


def _hash(token: str) -> bytes:
    """Return what is stored of a token: 256 random bits need no salt and no slow hash."""
    # A header may hold any bytes; aiohttp hands them over as lone surrogates.
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
