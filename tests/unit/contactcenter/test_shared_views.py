"""One reading for all who want the same: never an older one than was asked for."""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from config.errors import NotAllowed
from config.ids import new_id
from config.vocabulary import Role
from contactcenter.centre.staff.shared_views import SharedViews
from records.actor import Principal
from tests.kit.principals import principal_of
from tests.kit.until import until

INES = principal_of(new_id(), Role.LISTENER, frozenset({"dlpm"}))
CONTACT = new_id()


@dataclass
class Seen:
    """As much of a contact's view as a reader asks about."""

    version: int


@dataclass
class Records:
    """Answers readings when it is let."""

    version: int = 1
    readings: int = 0
    let: asyncio.Event = field(default_factory=asyncio.Event)
    refuses: bool = False

    async def read(self, _principal: Principal, _contact_id: UUID) -> Seen:
        self.readings += 1
        version = self.version  # as the statement's snapshot saw it
        await self.let.wait()
        if self.refuses:
            raise NotAllowed
        return Seen(version)


def views_of(records: Records) -> SharedViews:
    return SharedViews(records.read)  # type: ignore[arg-type]


async def read(views: SharedViews, version: int, who: Principal = INES) -> int:
    return (await views.get(who, CONTACT, lambda view: view.version >= version)).version


async def test_all_who_ask_at_once_share_one_reading() -> None:
    records = Records()
    views = views_of(records)
    async with asyncio.TaskGroup() as group:
        asking = [group.create_task(read(views, 1)) for _ in range(5)]
        await asyncio.sleep(0)
        records.let.set()
    assert [each.result() for each in asking] == [1] * 5
    assert await read(views, 1) == 1
    assert records.readings == 1


async def test_who_committed_something_newer_reads_anew() -> None:
    records = Records()
    views = views_of(records)
    async with asyncio.TaskGroup() as group:
        early = group.create_task(read(views, 1))
        await until(lambda: records.readings)
        records.version = 2  # committed after the first reading had begun
        late = group.create_task(read(views, 2))
        await asyncio.sleep(0)
        records.let.set()
    assert (early.result(), late.result()) == (1, 2)
    assert records.readings == 2


async def test_nobody_is_given_what_somebody_else_may_read() -> None:
    records = Records()
    records.let.set()
    views = views_of(records)
    await read(views, 1)
    await read(views, 1, principal_of(new_id(), Role.COORDINATOR, frozenset({"dlpm"})))
    assert records.readings == 2


async def test_a_refusal_is_everybodys_own() -> None:
    records = Records(refuses=True)
    records.let.set()
    views = views_of(records)
    for _ in range(2):
        with pytest.raises(NotAllowed):
            await read(views, 1)
    assert records.readings == 2


async def test_whoever_gives_up_does_not_take_the_reading_from_the_others() -> None:
    records = Records()
    views = views_of(records)
    async with asyncio.TaskGroup() as group:
        gone = group.create_task(read(views, 1))
        await asyncio.sleep(0)
        stays = group.create_task(read(views, 1))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        records.let.set()
    assert stays.result() == 1
    assert records.readings == 1
