"""Password hashes: argon2id, in threads of our own, a bounded number at once."""

import asyncio
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from config.errors import InvalidInput, TooMuch

MIN_CHARACTERS = 12
# Long enough for any passphrase, short enough that hashing one is never the attack.
MAX_CHARACTERS = 256

# RFC 9106, 4: the second recommended option (memory-constrained), with four lanes
# brought down to one because each lane is a thread and the service has few cores.
# 64 MiB and three passes cost about 100 ms of one core.
_MEMORY_KIB = 64 * 1024
_PASSES = 3
_LANES = 1


Result = TypeVar("Result")


def composed(password: str) -> str:
    """Return a password in the one form in which it is hashed (NFKC; NIST SP 800-63B, 3.1.1.2).

    Keyboards differ: « é » is one sign on one, a letter and an accent on
    another, and a blank may be one that does not break.
    """
    return unicodedata.normalize("NFKC", password)


class Passwords:
    """Hash and check passwords without ever holding up the event loop.

    At most `concurrency` run at once (each takes 64 MiB) and at most `waiting`
    queue behind them; past that TooMuch `busy` is raised, so that a flood of
    sign-ins costs a bounded amount of memory and time.
    """

    def __init__(
        self,
        *,
        concurrency: int = 2,
        waiting: int = 32,
        memory_kib: int = _MEMORY_KIB,
        passes: int = _PASSES,
    ) -> None:
        """Start no thread yet; `memory_kib` and `passes` are lowered by tests only."""
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=_LANES)
        self._threads = ThreadPoolExecutor(max_workers=concurrency, thread_name_prefix="argon2")
        self._room = concurrency + waiting
        self._under_way = 0
        self._decoy: str | None = None

    async def __aenter__(self) -> Self:
        """Make the hash that unknown accounts are checked against."""
        self._decoy = await self._in_thread(lambda: self._hasher.hash("nobody has this password"))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Drop what still queues; a hash under way ends within its 100 ms."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """Return the hash to store; InvalidInput `weak_password` under 12 characters."""
        password = composed(password)
        if not MIN_CHARACTERS <= len(password) <= MAX_CHARACTERS:
            raise InvalidInput(
                f"a password has {MIN_CHARACTERS} to {MAX_CHARACTERS} characters",
                code="weak_password",
                field="password",
            )
        return await self._in_thread(lambda: self._hasher.hash(password))

    async def matches(self, stored: str | None, password: str) -> bool:
        """Tell whether the password is the stored one.

        With no stored hash the same work is done on a decoy, so that the time
        taken does not say whether the account exists.
        """
        assert self._decoy is not None, "Passwords is used inside `async with`"
        against = stored if stored is not None else self._decoy
        # What was set before passwords were composed may be stored as it was typed then.
        ways = dict.fromkeys((composed(password), password))
        allowed = [each for each in ways if len(each) <= MAX_CHARACTERS] or [""]
        found = await self._in_thread(lambda: self._verify(against, allowed))
        return found and stored is not None

    def _verify(self, stored: str, ways: Sequence[str]) -> bool:
        for password in ways:
            with suppress(VerificationError, InvalidHashError):
                return self._hasher.verify(stored, password)
        return False

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        if self._under_way >= self._room:
            raise TooMuch("too many sign-ins at once", code="busy", retry_after=1)
        self._under_way += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        # Counted until the thread is done, even when the asking request is cancelled.
        future.add_done_callback(self._one_done)
        return await asyncio.shield(future)

    def _one_done(self, _future: "asyncio.Future[Result]") -> None:
        self._under_way -= 1
