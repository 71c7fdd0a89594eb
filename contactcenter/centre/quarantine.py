"""One contact, listener or conversation that fails must not cost the others their turn.

A loop that serves many goes through them here: each failure is the item's own,
counted, and the others follow. An item that keeps failing is set aside for
some minutes, with a log line, a metric and a row that coordinators are shown.
An engine that does not answer is nobody's failure: the round ends there, and
the loop waits for it.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge

from config.clock import Clock
from config.errors import CentreError, Unavailable
from contactcenter.centre.ledger import Ledger
from records.set_aside import SetAside

log = structlog.get_logger()

# One row that is locked makes the database « busy » for its item alone; so many in a row,
# and it is the database that is busy.
BUSY_IN_A_ROW = 3
# The refusals of an engine or partner that may concern one item alone.
OF_ONE_ITEM = frozenset({"database_busy", "telephony_refused", "telephony_unreadable"})

FAILURES = Counter("contactcenter_item_failures", "One contact or listener that failed", ["loop"])
ASIDE = Gauge("contactcenter_items_set_aside", "What is set aside as it keeps failing", ["loop"])

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class About:
    """What an item is about: ids only, for the log and for whoever is to look at it."""

    act: str = ""
    contact_id: UUID | None = None
    listener_id: UUID | None = None


class Quarantine:
    """The items of one loop."""

    def __init__(self, rows: SetAside, clock: Clock, loop: str) -> None:
        """Trust every item of the loop of that name."""
        self._loop = loop
        self._rows = rows
        self._clock = clock
        self._ledger = Ledger()
        ASIDE.labels(loop).set_function(lambda: self.aside)

    @property
    def aside(self) -> int:
        """Return how many are set aside: a bounded read asks for so many more."""
        return self._ledger.aside(self._clock.now())

    async def each(
        self,
        items: Iterable[T],
        act: Callable[[T], Awaitable[object]],
        about: Callable[[T], About],
    ) -> list[T]:
        """Do `act` for each item that is not set aside; return those for which it was done.

        In their order, but for those that failed lately: they come last.
        Raises Unavailable when an engine does not answer; the rest of the
        items is then left for another round.
        """
        told = [(item, about(item)) for item in items]
        told.sort(key=lambda pair: self._ledger.has_failed(pair[1]))
        done: list[T] = []
        busy: list[tuple[About, Unavailable]] = []
        for item, what in told:
            if self._ledger.is_aside(what, self._clock.now()):
                continue
            try:
                await act(item)
            except Unavailable as error:
                busy.append((what, error))
                if error.code not in OF_ONE_ITEM or len(busy) >= BUSY_IN_A_ROW:
                    raise
            except Exception as error:  # noqa: BLE001 - counted, and logged with its place
                await self.failed(what, error)
            else:
                done.append(item)
                await self.worked(what)
        if busy and not done:
            raise busy[-1][1]
        for what, refusal in busy:
            await self.failed(what, refusal)
        return done

    async def failed(self, what: About, error: Exception) -> bool:
        """Count an item's failure; return whether it is set aside from now on."""
        now = self._clock.now()
        is_aside = self._ledger.failed(what, now)
        FAILURES.labels(self._loop).inc()
        code = code_of(error)
        told = log.bind(
            loop=self._loop,
            action=what.act,
            contact_id=_text(what.contact_id),
            listener_id=_text(what.listener_id),
        )
        # What we refuse ourselves needs no traceback; anything else is a mistake of ours.
        told.warning("item_failed", code=code, exc_info=not isinstance(error, CentreError))
        if is_aside:
            told.error("item_set_aside", code=code)
            await self._note(what, code)
        return is_aside

    async def worked(self, what: About) -> None:
        """Count an item's success; one that was set aside is trusted again."""
        if self._ledger.worked(what):
            log.info(
                "item_trusted_again",
                loop=self._loop,
                action=what.act,
                contact_id=_text(what.contact_id),
                listener_id=_text(what.listener_id),
            )
            await self._quietly(
                self._rows.clear(self._loop, what.act, what.contact_id, what.listener_id)
            )

    async def _note(self, what: About, code: str) -> None:
        now = self._clock.now()
        await self._quietly(
            self._rows.note(self._loop, what.act, what.contact_id, what.listener_id, code, now)
        )

    async def _quietly(self, writing: Awaitable[None]) -> None:
        """Write for whoever supervises; the log and the metric have it in any case."""
        try:
            await writing
        except CentreError as error:
            log.warning("set_aside_not_noted", loop=self._loop, code=error.code)


def code_of(error: Exception) -> str:
    """Return what an error is called; its text may hold anything, and is not used."""
    return (
        error.code if isinstance(error, CentreError) else f"crashed_{type(error).__name__}".lower()
    )


def _text(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)
