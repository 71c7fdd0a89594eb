"""What tests of supervision read: the trail, offers, refusals, and what a desk is told live."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from config.errors import CentreError
from contactcenter.centre.live_events import LiveEvent
from records.actor import Principal
from tests.kit.record_rows import read
from tests.kit.until import until
from tests.kit.whole_centre import WholeCentre


async def trail(whole: WholeCentre, action: str) -> list[dict[str, object]]:
    """Return the details of an action's audit rows, oldest first."""
    statement = "SELECT detail FROM audit WHERE action = $1 ORDER BY audit_id"
    rows = await read(whole.engines.database, statement, action)
    return [dict(row["detail"]) for row in rows]


async def offered(whole: WholeCentre, listener: Principal) -> UUID | None:
    offer = await whole.centre.staff.offers.current(listener)
    return None if offer is None else offer.contact_id


async def code_of(act: Awaitable[object]) -> str:
    with pytest.raises(CentreError) as refused:
        await act
    return refused.value.code


@asynccontextmanager
async def told(whole: WholeCentre, principal: Principal) -> AsyncIterator[list[LiveEvent]]:
    """Collect what a desk is told, with the loops of a staff process running."""
    heard: list[LiveEvent] = []

    async def listen() -> None:
        async with whole.centre.live.subscribe(principal) as events:
            while True:
                heard.append(await anext(events))

    live = whole.centre.live
    tasks = [asyncio.ensure_future(each()) for each in (listen, live.hear, live.hear_wakes)]
    try:
        await until(lambda: any(event.type == "presence" for event in heard))
        yield heard
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
