"""Password hashes: argon2id, in threads of our own, a bounded number at once."""

import asyncio
import os
import threading
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from types import TracebackType
from typing import Self, TypeVar, cast

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from config.errors import InvalidInput, TooMuch
from contactcenter.auth.turns import Lane, Turn

MIN_CHARACTERS = 12
# Long enough for any passphrase, short enough that hashing one is never the attack.
MAX_CHARACTERS = 256

# RFC 9106, 4: the second recommended option (memory-constrained), with four lanes
# brought down to one because each lane is a thread and the service has few cores.
# 64 MiB and three passes cost about 100 ms of one core.
_MEMORY_KIB = 64 * 1024
_PASSES = 3
_LANES = 1

# A thread that hashes has a core that a call has not: the loop goes first.
# Strangers' behind those who were here lately.
COMMON_NICE = 15
KEPT_NICE = 5


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
    queue behind them, by rank; past that TooMuch `busy` is raised, so that a
    flood of sign-ins costs a bounded amount of memory and time. One thread
    more, and `kept` places before it, are for those whom the caller knows.
    """

    def __init__(
        self,
        *,
        concurrency: int = 1,
        waiting: int = 32,
        kept: int = 16,
        memory_kib: int = _MEMORY_KIB,
        passes: int = _PASSES,
    ) -> None:
        """Start no thread yet; `memory_kib` and `passes` are lowered by tests only."""
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=_LANES)
        self._numbers = count()
        self._common = _Door(concurrency, Lane(waiting), _threads(concurrency, COMMON_NICE))
        self._kept = _Door(1, Lane(kept), _threads(1, KEPT_NICE))
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
        for door in (self._common, self._kept):
            while waiting := door.lane.take():
                waiting.answer.cancel()
            door.executor.shutdown(wait=False, cancel_futures=True)

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

    @property
    def has_room(self) -> bool:
        """Tell whether anybody's password would be hashed at once."""
        return self._common.has_room

    async def matches(
        self, stored: str | None, password: str, *, rank: float = 0.0, kept: bool = False
    ) -> bool:
        """Tell whether the password is the stored one; see `Turn` for `rank`.

        With no stored hash the same work is done on a decoy, so that the time
        taken does not say whether the account exists.
        """
        assert self._decoy is not None, "Passwords is used inside `async with`"
        against = stored if stored is not None else self._decoy
        # What was set before passwords were composed may be stored as it was typed then.
        ways = dict.fromkeys((composed(password), password))
        allowed = [each for each in ways if len(each) <= MAX_CHARACTERS] or [""]
        found = await self._in_thread(lambda: self._verify(against, allowed), rank=rank, kept=kept)
        return found and stored is not None

    def _verify(self, stored: str, ways: Sequence[str]) -> bool:
        for password in ways:
            with suppress(VerificationError, InvalidHashError):
                return self._hasher.verify(stored, password)
        return False

    async def _in_thread(
        self, work: Callable[[], Result], *, rank: float = 0.0, kept: bool = False
    ) -> Result:
        answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        turn = Turn(rank, next(self._numbers), work, answer)
        door = self._kept if kept else self._common
        if door.has_room:
            self._start(door, turn)
        elif refused := door.lane.join(turn):
            busy = TooMuch("too many sign-ins at once", code="busy", retry_after=1)
            refused.answer.set_exception(busy)
        return cast("Result", await answer)

    def _start(self, door: "_Door", turn: Turn) -> None:
        door.running += 1
        future = asyncio.get_running_loop().run_in_executor(door.executor, turn.work)
        # Counted until the thread is done, even when the asking request is cancelled.
        future.add_done_callback(partial(self._done, door, turn))

    def _done(self, door: "_Door", turn: Turn, future: "asyncio.Future[object]") -> None:
        door.running -= 1
        if future.cancelled():
            turn.answer.cancel()
            return
        error = future.exception()
        if not turn.answer.done():
            if error is None:
                turn.answer.set_result(future.result())
            else:
                turn.answer.set_exception(error)
        if door.has_room and (waiting := door.lane.take()):
            self._start(door, waiting)


@dataclass(slots=True)
class _Door:
    """Threads, and who waits for one of them."""

    threads: int
    lane: Lane
    executor: ThreadPoolExecutor
    running: int = 0

    @property
    def has_room(self) -> bool:
        return self.running < self.threads


def _threads(number: int, nice: int) -> ThreadPoolExecutor:
    """Return threads that give way to the event loop: on Linux each has a nice value."""

    def step_back() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)

    return ThreadPoolExecutor(number, thread_name_prefix="argon2", initializer=step_back)
