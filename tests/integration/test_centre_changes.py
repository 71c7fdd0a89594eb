"""An act knows what it changed: nothing that lands beside it, or half-way, goes astray."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from config.errors import CentreError
from config.vocabulary import ContactActReason, PresenceState, Role, Urgency
from tests.kit.floor import trail
from tests.kit.until import until
from tests.kit.whole_centre import WholeCentre, whole_centre

QUEUE = "parent_proche"
WAITING_FOR_A_LOCK = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
NO_ASSIGNMENT_IS_WRITTEN = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE 'the disk is full' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON contact_event
    FOR EACH ROW WHEN (NEW.kind = 'assigned') EXECUTE FUNCTION refuse();
"""


@pytest.fixture
async def whole(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[WholeCentre]:
    async with whole_centre(database_url, redis_url, tmp_path) as made:
        yield made


@pytest.fixture
async def admin(admin_database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(admin_database_url)
    try:
        yield connection
    finally:
        await connection.close()


async def test_an_accept_that_lands_as_the_person_leaves_still_rests_its_listener(
    whole: WholeCentre, admin: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """The person begins to leave while nobody has them, and ends a talk in danger."""
    ines = await whole.ready()
    contact_id = await whole.chat(QUEUE, Urgency.U1)

    async def queueing(number: int) -> bool:
        await admin.execute("SELECT pg_stat_clear_snapshot()")  # else one look per transaction
        return await admin.fetchval(WAITING_FOR_A_LOCK) == number

    async with asyncio.TaskGroup() as both, admin.transaction():
        await admin.execute("SELECT FROM contact WHERE contact_id = $1 FOR UPDATE", contact_id)
        both.create_task(whole.take(ines))
        await until(lambda: queueing(1), saying="the accept waits")
        both.create_task(whole.centre.conversations.leave(contact_id, quick=False))
        await until(lambda: queueing(2), saying="the leaving waits behind it")
    view = await whole.centre.staff.contacts.view(ines, contact_id)
    assert view.engagement is not None
    assert (view.state, view.engagement.state) == ("ended", "wrap_up")
    presence = await whole.centre.staff.presence.current(ines)
    assert (presence.state, presence.reason) == (PresenceState.BREAK, "hard_contact")
    # The write-up holds the place: the pause it awaits has not begun.
    assert presence.until is None


async def test_an_assignment_that_cannot_be_written_whole_changes_nothing(
    whole: WholeCentre, admin: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    ines, colette = await whole.ready(), await whole.listener("colette", Role.COORDINATOR)
    contact_id = await whole.chat(QUEUE)
    await whole.take(ines)
    malik = await whole.ready("malik")
    desk, assign = whole.centre.staff.contacts, whole.centre.staff.supervised.assign
    before = await desk.view(ines, contact_id)
    await admin.execute(NO_ASSIGNMENT_IS_WRITTEN)
    with pytest.raises(CentreError):
        await assign(colette, contact_id, malik.staff_id, ContactActReason.STUCK)
    after = await desk.view(ines, contact_id)
    assert (after.version, after.state, after.events) == (
        before.version,
        before.state,
        before.events,
    )
    assert await trail(whole, "contact.return") == []
    await admin.execute("DROP TRIGGER refuse ON contact_event")
    after = await assign(colette, contact_id, malik.staff_id, ContactActReason.STUCK)
    assert after.state == "waiting"
    kinds = [event.kind.value for event in after.events]
    assert kinds.count("assigned") == 1
