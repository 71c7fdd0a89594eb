"""The index read back, page by page, for the reconciler to hold against PostgreSQL."""

from itertools import islice
from uuid import UUID

from config.errors import InvalidInput
from routing.model import (
    ContactPage,
    IndexedContact,
    IndexedListener,
    ListenerPage,
    Step,
)
from routing.steps.base import PoolSteps
from routing.steps.presence import load_from

MAX_PAGE = 1000


class IndexSteps(PoolSteps):
    """What the index believes. Reading changes nothing; `forget…` is for what a second read proved."""

    async def index_contacts(self, after: str | None = None, limit: int = 500) -> ContactPage:
        """Return a page of the contacts that wait, those on a desk included, by first lane.

        Begin with `after` None and go on with the page's own until it is
        None. What leaves or comes meanwhile may be missed by this pass.
        Raises InvalidInput (`page_unknown`), Unavailable.
        """
        lanes = list(self._plan.channel_of)
        lane, start = _place(after)
        rest = list(islice(lanes, lane, None))
        if not rest:
            return ContactPage([], None)
        passed, next_start, flat = await self._step("index_contacts", start, _size(limit), *rest)
        words = iter(flat)
        entries = [
            IndexedContact(UUID(id_), int(version), int(turn), own, UUID(offer) if offer else None)
            for id_, version, turn, own, offer in zip(
                words, words, words, words, words, strict=True
            )
        ]
        lane += passed
        return ContactPage(entries, f"{lane}:{next_start}" if lane < len(lanes) else None)

    async def index_listeners(self, after: str | None = None, limit: int = 500) -> ListenerPage:
        """Return a page of the listeners who have a lease; as `index_contacts`."""
        _, start = _place(after)
        size = _size(limit)
        count, found = await self._step("index_listeners", start, size)
        entries = [_listener(words) for words in found]
        return ListenerPage(entries, f"0:{start + count}" if count == size else None)

    async def forget_listener(self, listener_id: UUID, version: int) -> Step:
        """Take out a listener whom PostgreSQL does not know as present.

        `version` as the index told it (`index_listeners`). DONE; STALE when
        she has declared something since; UNKNOWN. Raises Unavailable.
        """
        return Step(await self._step("forget_listener", listener_id, version))


def _listener(words: list[str]) -> IndexedListener:
    listener_id, session, version, state, profile, offer, *loads = words
    rest = iter(loads)
    return IndexedListener(
        listener_id=UUID(listener_id),
        session_id=UUID(session) if session else None,
        version=int(version),
        state=state,
        profile_id=profile,
        offer_id=UUID(offer) if offer else None,
        load=tuple(load_from(contact, value) for contact, value in zip(rest, rest, strict=True)),
    )


def _size(limit: int) -> int:
    return max(1, min(limit, MAX_PAGE))


def _place(after: str | None) -> tuple[int, int]:
    lane, _, start = (after or "0:0").partition(":")
    if not (lane.isdecimal() and start.isdecimal()):
        raise InvalidInput("not a place in the index", code="page_unknown", field="after")
    return int(lane), int(start)
