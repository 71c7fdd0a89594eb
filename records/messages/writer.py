"""The group commit: everybody's lines in one transaction after another.

One transaction at a time per process; while it commits, the lines that come
in make up the next. So the cost of a commit is shared by whoever writes at
that moment, and a lone line never waits for company.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from config.clock import monotonic
from config.errors import CentreError, Misconfigured, Unavailable
from config.log import get_logger
from records.messages.backlog import Backlog, Entry, Limits
from records.messages.commit import Outcome
from records.messages.lines import Draft, Stored

# Between two attempts when every conversation of a batch is held by somebody else.
RETRY_SECONDS = 0.01

# How long stopping waits for the lines already taken in.
DRAIN_SECONDS = 10.0

Commit = Callable[[Sequence[Draft]], Awaitable[list[Outcome]]]

log = get_logger()


@dataclass(slots=True, eq=False)
class _Waiting:
    """A draft and where its author waits."""

    draft: Draft
    answer: asyncio.Future[Stored]


class GroupWriter:
    """Takes lines in, commits them in batches, answers each author after the commit."""

    def __init__(self, commit: Commit, limits: Limits) -> None:
        """Write by `commit`; nothing is taken in before `running`."""
        self._commit = commit
        self._backlog: Backlog[_Waiting] = Backlog(limits)
        self._wake = asyncio.Event()
        self._taking = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write until the block ends, then what was taken in before, then stop."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._taking = True
                loop = tasks.create_task(self._write())
                try:
                    yield
                finally:
                    self._taking = False
                    self._wake.set()
                    await asyncio.wait([loop], timeout=DRAIN_SECONDS)
                    loop.cancel()
        except BaseExceptionGroup as group:
            # The caller's own error, or the writer's, as itself.
            if len(group.exceptions) == 1:
                raise group.exceptions[0] from None
            raise
        finally:
            self._refuse(self._backlog.clear(), "messages_stopped")

    async def store(self, draft: Draft) -> Stored:
        """Return once the line is committed.

        Raises TooMuch when too much waits already, Unavailable when nothing
        was stored, OutcomeUnknown, and the refusals of `plan_batch`.
        """
        if not self._taking:
            raise Unavailable("the writer is not running", code="messages_stopped", retry_after=1)
        answer: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        self._backlog.add(Entry(draft.contact_id, _Waiting(draft, answer), monotonic()))
        self._wake.set()
        return await answer

    async def _write(self) -> None:
        while self._taking or len(self._backlog):
            self._wake.clear()
            self._refuse(self._backlog.remove_late(monotonic()), "conversation_busy")
            # An author who left before her line was tried wants no answer.
            entries = [each for each in self._backlog.take() if not each.item.answer.done()]
            if entries and await self._settle(entries):
                continue
            await self._pause(RETRY_SECONDS if len(self._backlog) else None)

    async def _settle(self, entries: list[Entry[_Waiting]]) -> bool:
        """Commit a batch and answer its authors; return whether any line was settled."""
        try:
            outcomes = await self._commit([each.item.draft for each in entries])
        except Unavailable as error:
            self._fail(entries, error)
            return True
        except Exception as error:
            # A line that cannot be written is refused by itself: it must stop nobody else's.
            log.warning("message_batch_refused", count=len(entries), exc_info=True)
            if len(entries) == 1:
                self._fail(entries, _own(error))
            else:
                for each in entries:
                    await self._settle([each])
            return True
        except BaseException:
            self._refuse(entries, "messages_stopped")
            raise
        skipped: list[Entry[_Waiting]] = []
        for each, outcome in zip(entries, outcomes, strict=True):
            if outcome is None:
                skipped.append(each)
            else:
                _answer(each, outcome)
        self._backlog.put_back(skipped)
        return len(skipped) < len(entries)

    async def _pause(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    def _refuse(self, entries: Sequence[Entry[_Waiting]], code: str) -> None:
        for each in entries:
            _answer(each, Unavailable(code=code, retry_after=1))

    def _fail(self, entries: Sequence[Entry[_Waiting]], error: CentreError) -> None:
        # A list of mistakes is made otherwise than the rest of the tree: its authors get its code.
        kind = CentreError if isinstance(error, Misconfigured) else type(error)
        for each in entries:
            # An error of one's own: a shared one would gather everybody's tracebacks.
            _answer(each, kind(str(error), code=error.code, retry_after=error.retry_after))


def _own(error: Exception) -> CentreError:
    return error if isinstance(error, CentreError) else CentreError("a line was not written")


def _answer(entry: Entry[_Waiting], outcome: Stored | CentreError) -> None:
    answer = entry.item.answer
    if answer.done():
        return
    if isinstance(outcome, Stored):
        answer.set_result(outcome)
    else:
        answer.set_exception(outcome)
