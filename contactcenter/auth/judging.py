"""Whether credentials are right, also while strangers try as many as they can.

A password is hashed in its turn (`contactcenter.auth.passwords`). During a
flood there are more than have one, and some are refused. For a login that
signed in within 30 days a place is kept beside: there its password is looked
at soon, whatever the flood.

That place shows itself to right credentials only. Whoever is wrong is answered
what everybody is answered at that moment, and when: the turn in the common
queue decides, and a refusal comes a while after it was asked for, whether or
not anything was looked at meanwhile. So neither answers nor times tell a
stranger which logins there are.
"""

import asyncio
import math
import secrets
from datetime import datetime, timedelta

from config.errors import TooMuch
from contactcenter.auth.passwords import Passwords
from contactcenter.auth.throttle import Attempt, SignInThrottle
from contactcenter.auth.totp import STEP_SECONDS, matching_step
from records.staff import Credentials, Staff, plain_login

KNOWN_FOR = timedelta(days=30)
# How long whoever has no turn is let wait for the answer: what a kept place takes at most. Spread,
# or all who came together would come together again.
REFUSED_AFTER_SECONDS = 1.2
REFUSED_WITHIN_MS = 600
# Each costs some milliseconds of the loop that desks live on, and calls in a small installation.
LOOKED_UP_AT_ONCE = 2


class Judge:
    """Looks at a login, a password and a code."""

    def __init__(self, staff: Staff, passwords: Passwords, throttle: SignInThrottle) -> None:
        """Take everything by hand."""
        self._staff = staff
        self._passwords = passwords
        self._throttle = throttle
        self._looking_up = asyncio.Semaphore(LOOKED_UP_AT_ONCE)

    async def judge(
        self, login: str, password: str, totp: str, attempt: Attempt, now: datetime
    ) -> tuple[Credentials | None, str]:
        """Return whose login it is, if anybody's, and what is wrong: nothing when all is right.

        Spends the code of right credentials. Raises TooMuch `busy` or
        `too_many_attempts` when they had no turn and are not to be told more.
        """
        known = plain_login(login).isprintable()
        async with self._looking_up:
            found = await self._staff.find_by_login(login) if known else None
        stored = None if found is None else found.password_hash
        common = asyncio.ensure_future(self._common(stored, password, attempt))
        if found is None or not self._has_kept_place(found, attempt, now):
            return found, await self._rest(found, totp, attempt, now, right=await common)
        kept = asyncio.ensure_future(self._kept(stored, password, attempt))
        try:
            await asyncio.wait({common, kept}, return_when=asyncio.FIRST_COMPLETED)
            early = kept.done() and kept.result()
            wrong = "wrong_password"
            if early:
                wrong = await self._rest(found, totp, attempt, now, right=True)
                if not wrong:
                    return found, ""
            right = await common
            if early or not right:
                return found, wrong
            return found, await self._rest(found, totp, attempt, now, right=True)
        finally:
            for one in (common, kept):
                one.cancel()
                one.add_done_callback(_heard)

    def _has_kept_place(self, found: Credentials, attempt: Attempt, now: datetime) -> bool:
        """Tell whether the common queue may be too slow for somebody who was here lately."""
        if self._passwords.has_room and not attempt.account_wait:
            return False
        step = found.totp_last_step
        return (
            step is not None and now.timestamp() - step * STEP_SECONDS < KNOWN_FOR.total_seconds()
        )

    async def _common(self, stored: str | None, password: str, attempt: Attempt) -> bool:
        """Hash in the common queue; a refusal is answered when its while is over."""
        refused_at = asyncio.get_running_loop().time() + REFUSED_AFTER_SECONDS
        refused_at += secrets.randbelow(REFUSED_WITHIN_MS) / 1000
        refusal = TooMuch(code="too_many_attempts", retry_after=math.ceil(attempt.account_wait))
        if not attempt.account_wait:
            try:
                return await self._passwords.matches(stored, password, rank=attempt.rank)
            except TooMuch as busy:
                refusal = busy
        await asyncio.sleep(refused_at - asyncio.get_running_loop().time())
        raise refusal

    async def _kept(self, stored: str | None, password: str, attempt: Attempt) -> bool:
        """Hash in a kept place; without one, the common queue alone decides."""
        try:
            return await self._passwords.matches(stored, password, rank=attempt.rank, kept=True)
        except TooMuch:
            return False

    async def _rest(
        self,
        found: Credentials | None,
        totp: str,
        attempt: Attempt,
        now: datetime,
        *,
        right: bool,
    ) -> str:
        """Return what is wrong besides the password; spends the code of who is right."""
        if found is None or not right:
            return "wrong_password"
        if not found.active:
            return "account_closed"
        if found.totp_secret is None:
            return "no_second_factor"
        if not self._throttle.takes_code(attempt):
            return "too_many_codes"
        step = matching_step(found.totp_secret, totp, now, None)
        if step is None:
            self._throttle.wrong_code(attempt)
            return "wrong_code"
        # The one check against replay: a conditional update, so that two racing
        # requests, on any nodes, cannot both spend one code.
        return "" if await self._staff.use_totp_step(found.staff_id, step) else "code_used"


def _heard(task: "asyncio.Future[bool]") -> None:
    """Take note of how a task ended that no longer matters."""
    if not task.cancelled():
        task.exception()
