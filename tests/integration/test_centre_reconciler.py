"""The index held against PostgreSQL, both ways: what differs is repaired once confirmed, and counted."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from config.ids import new_id
from config.vocabulary import Channel, PresenceState
from contactcenter.centre.queue.comparison import REPAIRS, Repair
from contactcenter.centre.queue.reconcile import WENT_BACK
from records.actor import Principal
from records.contacts.change import Change
from records.contacts.contacts import Contacts
from records.presence import Load, PresenceStore
from routing.flow import together
from routing.model import WaitingContact
from tests.kit.lost_commits import promoted, remembered
from tests.kit.record_rows import run
from tests.kit.whole_centre import WholeCentre, whole_centre

OVER = """
UPDATE contact SET state = 'closed', disposition = 'abandoned', ended_by = 'correspondent',
       ended_at = changed_at, closed_at = changed_at, version = version + 1
 WHERE contact_id = $1
"""
LONG_AGO = "UPDATE contact SET changed_at = changed_at - interval '1 minute'"


@pytest.fixture
async def whole(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[WholeCentre]:
    async with whole_centre(database_url, redis_url, tmp_path) as made:
        made.centre.reconciler_lock.is_mine = True
        yield made


async def write(whole: WholeCentre, statement: str, *args: object) -> None:
    """Change PostgreSQL behind everybody's back, as a lost message would seem to."""
    async with whole.engines.database.transaction() as tx:
        await run(tx, statement, *args)


async def a_pass(whole: WholeCentre) -> None:
    """Let the reconciler look at everything, as it does once a minute."""
    whole.centre.reconciler._whole_pass_at = whole.centre.clock.now()
    await whole.centre.reconciler.round()


def counted(kind: Repair) -> float:
    return REPAIRS.labels(kind.value)._value.get()


async def waits(whole: WholeCentre, contact_id: UUID) -> bool:
    return await whole.engines.router.position(contact_id) is not None


async def lose(whole: WholeCentre, *names: str) -> None:
    """Take keys out of the index."""
    await whole.engines.redis.delete(*(whole.engines.plan.key(name) for name in names))


async def test_a_waiting_contact_that_the_index_lost_is_entered_again(whole: WholeCentre) -> None:
    contact_id = await whole.chat()
    await write(whole, LONG_AGO)
    await lose(whole, f"contact:{contact_id}")
    before = counted(Repair.CONTACT_MISSING)
    await a_pass(whole)
    assert await waits(whole, contact_id)
    assert counted(Repair.CONTACT_MISSING) == before + 1
    await a_pass(whole)
    assert counted(Repair.CONTACT_MISSING) == before + 1


async def test_a_contact_that_waits_no_more_is_taken_out_by_the_second_look(
    whole: WholeCentre,
) -> None:
    contact_id = await whole.chat()
    await write(whole, LONG_AGO)
    await write(whole, OVER, contact_id)
    before = counted(Repair.CONTACT_OVER)
    await a_pass(whole)
    assert await waits(whole, contact_id)
    assert counted(Repair.CONTACT_OVER) == before
    await whole.centre.reconciler.round()
    assert not await waits(whole, contact_id)
    assert counted(Repair.CONTACT_OVER) == before + 1


async def test_a_contact_that_is_back_at_the_second_look_is_left_alone(whole: WholeCentre) -> None:
    contact_id = await whole.chat()
    await write(whole, LONG_AGO)
    await write(whole, OVER, contact_id)
    await a_pass(whole)
    await write(
        whole,
        "UPDATE contact SET state = 'waiting', disposition = NULL, ended_by = NULL,"
        " ended_at = NULL, closed_at = NULL WHERE contact_id = $1",
        contact_id,
    )
    before = counted(Repair.CONTACT_OVER)
    await whole.centre.reconciler.round()
    assert await waits(whole, contact_id)
    assert counted(Repair.CONTACT_OVER) == before


async def test_a_fresh_change_is_nobodys_mistake(whole: WholeCentre) -> None:
    contact_id = await whole.chat()
    await write(whole, OVER, contact_id)
    before = counted(Repair.CONTACT_OVER)
    await a_pass(whole)
    await whole.centre.reconciler.round()
    assert not await waits(whole, contact_id)  # what changed is told again anyway
    assert counted(Repair.CONTACT_OVER) == before


async def test_what_nobody_committed_is_forgotten(whole: WholeCentre) -> None:
    stranger = new_id()
    lane = whole.helpline.lane_id("parent_proche", Channel.CHAT, "fr")
    await whole.engines.router.enqueue(WaitingContact(stranger, 3, 1, (lane,), Channel.CHAT, 1, 1))
    before = counted(Repair.CONTACT_UNKNOWN)
    await a_pass(whole)
    assert await waits(whole, stranger)
    await whole.centre.reconciler.round()
    assert not await waits(whole, stranger)
    assert counted(Repair.CONTACT_UNKNOWN) == before + 1


async def test_a_contact_without_a_lane_keeps_nobody_else_out(whole: WholeCentre) -> None:
    lost, other = await whole.chat(), await whole.chat()
    await write(whole, "UPDATE contact SET queue = 'no_longer' WHERE contact_id = $1", lost)
    await whole.engines.redis.flushall()
    await whole.centre.reconciler.round()
    await a_pass(whole)
    assert await waits(whole, other)
    assert not await waits(whole, lost)


async def listeners(whole: WholeCentre) -> dict[UUID, tuple[UUID, ...]]:
    page = await whole.engines.router.index_listeners()
    return {
        entry.listener_id: tuple(load.contact_id for load in entry.load) for entry in page.entries
    }


async def long_ago(whole: WholeCentre) -> None:
    """Let nothing have changed lately: then only a whole pass finds what is wrong."""
    await write(whole, "UPDATE presence_event SET at = at - interval '1 minute'")
    await write(whole, "UPDATE contact SET changed_at = changed_at - interval '1 minute'")


async def test_a_listener_the_index_was_not_told_of_is_entered_with_what_changed(
    whole: WholeCentre,
) -> None:
    await two_rounds(whole)
    ines = await whole.ready()
    await lose(whole, f"listener:{ines.staff_id}", "leases")
    await whole.centre.reconciler.round()
    assert ines.staff_id in await listeners(whole)


async def two_rounds(whole: WholeCentre) -> None:
    await a_pass(whole)
    await whole.centre.reconciler.round()


async def test_a_listener_who_is_not_present_is_sent_away(whole: WholeCentre) -> None:
    ines = await whole.ready()
    await write(whole, "UPDATE listener SET state = 'offline', version = version + 1")
    await long_ago(whole)
    before = counted(Repair.LISTENER_GONE)
    await a_pass(whole)
    assert ines.staff_id in await listeners(whole)
    await whole.centre.reconciler.round()
    assert ines.staff_id not in await listeners(whole)
    assert counted(Repair.LISTENER_GONE) == before + 1


async def test_a_listener_whom_the_index_lost_is_entered_again(whole: WholeCentre) -> None:
    ines = await whole.ready()
    await write(whole, "UPDATE listener SET since = since - interval '1 minute'")
    await long_ago(whole)
    await lose(whole, f"listener:{ines.staff_id}", "leases")
    before = counted(Repair.LISTENER_MISSING)
    await two_rounds(whole)
    assert ines.staff_id in await listeners(whole)
    assert counted(Repair.LISTENER_MISSING) == before + 1


async def taken(whole: WholeCentre) -> tuple[Principal, UUID]:
    ines = await whole.ready()
    await whole.chat()
    return ines, await whole.take(ines)


async def test_a_listener_carries_what_postgresql_says(whole: WholeCentre) -> None:
    ines, contact_id = await taken(whole)
    # An engagement that ended long ago, whose end the index was never told.
    lost = new_id()
    row = await PresenceStore(whole.engines.database).current(ines.staff_id)
    assert row is not None
    carried = (Load(contact_id, Channel.CHAT, new_id()), Load(lost, Channel.CHAT, new_id()))
    await whole.engines.router.set_presence(whole.centre.staff.presence.entry(row, carried))
    assert set((await listeners(whole))[ines.staff_id]) == {contact_id, lost}
    await long_ago(whole)
    before = counted(Repair.LISTENER_LOAD)
    await two_rounds(whole)
    assert (await listeners(whole))[ines.staff_id] == (contact_id,)
    assert counted(Repair.LISTENER_LOAD) == before + 1


async def test_the_live_window_is_filled_again_with_the_index(whole: WholeCentre) -> None:
    await taken(whole)
    waiting = await whole.chat()

    async def answered() -> int:
        overview = await whole.engines.router.overview()
        return together(load.flow for load in overview.lanes.values()).answered

    assert await answered() == 1
    await whole.engines.redis.flushall()
    await whole.centre.reconciler.round()
    assert await answered() == 1
    assert await waits(whole, waiting)


async def test_who_leaves_is_known_to_the_index_and_takes_nothing(whole: WholeCentre) -> None:
    ines, _ = await taken(whole)
    await whole.centre.staff.presence.declare(ines, PresenceState.LEAVING)
    await whole.engines.redis.flushall()
    await whole.centre.reconciler.round()
    waiting = await whole.chat()
    assert await whole.centre.staff.offers.current(ines) is None
    assert await waits(whole, waiting)


async def test_an_index_that_knows_more_than_the_truth_is_emptied_and_filled_again(
    whole: WholeCentre, admin_database_url: str
) -> None:
    """Commits were lost: standing at a higher version, gone by one, a presence declared later."""
    raised, left = [await whole.chat() for _ in range(2)]
    ready = await whole.listener("malik")
    await whole.centre.staff.presence.declare(ready, PresenceState.BREAK)
    await write(whole, LONG_AGO)
    await remembered(admin_database_url)
    await whole.centre.conversations.leave(left, quick=False)
    await write(whole, "UPDATE contact SET version = version + 3 WHERE contact_id = $1", raised)
    contacts = Contacts(whole.engines.database, whole.engines.vault)
    await whole.centre.effects.follow(Change(None, await contacts.get(raised)))
    await whole.centre.staff.presence.declare(ready, PresenceState.READY)
    await promoted(admin_database_url, cuts=False)
    before = WENT_BACK._value.get()

    for _ in range(2):
        await a_pass(whole)

    assert WENT_BACK._value.get() == before + 1
    for contact_id in (raised, left):
        assert await waits(whole, contact_id)
    await whole.centre.staff.presence.declare(ready, PresenceState.READY)
    assert await whole.centre.staff.offers.current(ready) is not None
    await a_pass(whole)
    await a_pass(whole)
    assert WENT_BACK._value.get() == before + 1, "once for each loss"
