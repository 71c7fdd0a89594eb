"""One reading of a contact for everybody who wants it of the same person at the same moment.

An act is answered with the contact as it is now, and the desk is told of it
over the live socket, perhaps on two tabs: all of them want what one reading
says. Whoever asks says what it must show (the version they have just
committed): an older reading is never passed off as a newer one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from config.clock import monotonic
from contactcenter.centre.views import ContactView
from records.actor import Principal

KEPT_SECONDS = 1.0
MOST_KEPT = 256

Reads = Callable[[Principal, UUID], Awaitable[ContactView]]
Fits = Callable[[ContactView], bool]


@dataclass(slots=True)
class _Reading:
    begun: float
    task: "asyncio.Future[ContactView]"


class SharedViews:
    """The readings under way, and those of the last second."""

    def __init__(self, reads: Reads) -> None:
        """Read contacts with `reads`."""
        self._reads = reads
        self._readings: dict[tuple[UUID, UUID], _Reading] = {}

    async def get(self, principal: Principal, contact_id: UUID, fits: Fits) -> ContactView:
        """Return a reading that fits: one that is there, or a new one. Raises what reading raises."""
        key = principal.session_id, contact_id
        known = self._readings.get(key)
        if known is not None and monotonic() - known.begun < KEPT_SECONDS:
            view = await _outcome(known)
            if view is not None and fits(view):
                return view
        if self._readings.get(key) in (None, known):
            self._forget_old()
            task = asyncio.ensure_future(self._reads(principal, contact_id))
            self._readings[key] = _Reading(monotonic(), task)
        # Whoever is cancelled must not take the reading from the others.
        return await asyncio.shield(self._readings[key].task)

    def _forget_old(self) -> None:
        now = monotonic()
        for key in [k for k, each in self._readings.items() if now - each.begun > KEPT_SECONDS]:
            del self._readings[key]
        while len(self._readings) >= MOST_KEPT:
            del self._readings[next(iter(self._readings))]


async def _outcome(reading: _Reading) -> ContactView | None:
    """Return what a reading said; None when it failed, for whoever asks reads anew."""
    await asyncio.wait([reading.task])
    if reading.task.cancelled() or reading.task.exception() is not None:
        return None
    return reading.task.result()
