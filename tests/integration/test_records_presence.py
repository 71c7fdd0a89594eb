"""Presence: committed, versioned, the newest session's."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from config.errors import InvalidInput, NotFound
from config.ids import new_id
from config.vocabulary import Channel, PresenceState
from records.presence import ListenerRow
from tests.kit.record_rows import read
from tests.kit.records_service import Listening, Records, open_records


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[Records]:
    async with open_records(database_url) as opened:
        yield opened


async def declare(
    records: Records, who: Listening, state: PresenceState, reason: str = "declared"
) -> ListenerRow:
    return await records.presence.declare(
        who.staff_id, who.session_id, state, reason, "all", who.max_chats, records.later()
    )


async def test_each_change_adds_one_to_the_version_and_one_event(records: Records) -> None:
    who = await records.listener()
    first = await records.presence.current(who.staff_id)
    assert first is not None
    paused = await declare(records, who, PresenceState.BREAK)
    again = await declare(records, who, PresenceState.BREAK)
    assert (first.version, paused.version) == (1, 2)
    assert again == paused
    events = await read(
        records.database, "SELECT state, version FROM presence_event ORDER BY version"
    )
    assert [(row["state"], row["version"]) for row in events] == [("ready", 1), ("break", 2)]


async def test_a_newer_session_takes_over_and_the_idle_clock_stays(records: Records) -> None:
    who = await records.listener()
    before = await records.presence.current(who.staff_id)
    assert before is not None
    newer = Listening(who.staff_id, new_id())
    after = await declare(records, newer, PresenceState.READY)
    assert (after.session_id, after.version) == (newer.session_id, before.version + 1)
    assert after.since == before.since


async def test_missed_offers_count_up_and_ready_forgets_them(records: Records) -> None:
    who = await records.listener()
    assert [await records.presence.missed(who.staff_id) for _ in range(2)] == [1, 2]
    asked = await declare(records, who, PresenceState.ASKED, "missed_offers")
    assert (asked.state, asked.missed_offers) == (PresenceState.ASKED, 2)
    assert (await declare(records, who, PresenceState.READY)).missed_offers == 0
    with pytest.raises(NotFound):
        await records.presence.missed(new_id())


async def test_offline_is_not_present_and_nobody_is_forgotten(records: Records) -> None:
    one, two = await records.listener(), await records.listener()
    await declare(records, one, PresenceState.OFFLINE)
    assert [row.staff_id for row in await records.presence.all_present()] == [two.staff_id]
    gone = await records.presence.current(one.staff_id)
    assert gone is not None
    assert gone.state is PresenceState.OFFLINE
    assert await records.presence.current(new_id()) is None


async def test_loads_are_what_the_accept_act_counts(records: Records) -> None:
    who, other = await records.listener(), await records.listener()
    chats = [await records.accept(await records.waiting_chat(), who) for _ in range(2)]
    await records.accept(await records.waiting_call(), other)
    loads = await records.presence.loads(records.now)
    assert {load.contact_id for load in loads[who.staff_id]} == {
        one.after.contact_id for one in chats
    }
    assert [load.channel for load in loads[other.staff_id]] == [Channel.CALL]


async def test_declaring_at_once_from_several_tabs_gives_one_line_of_versions(
    records: Records,
) -> None:
    who = await records.listener()
    states = [PresenceState.BREAK, PresenceState.READY] * 6
    rows = await asyncio.gather(*(declare(records, who, state) for state in states))
    current = await records.presence.current(who.staff_id)
    assert current is not None
    assert current.version == max(row.version for row in rows)
    events = await read(records.database, "SELECT version FROM presence_event ORDER BY version")
    assert [row["version"] for row in events] == list(range(1, current.version + 1))


async def test_a_reason_is_a_code(records: Records) -> None:
    who = await records.listener()
    with pytest.raises(InvalidInput):
        await declare(records, who, PresenceState.BREAK, "besoin d’air")
    current = await records.presence.current(who.staff_id)
    assert current is not None
    assert current.state is PresenceState.READY


async def test_a_pause_has_an_offered_end_and_counts_of_relief_are_kept(records: Records) -> None:
    who = await records.listener()
    until = records.now + timedelta(minutes=10)

    async def pause(until: datetime | None, **given: int) -> ListenerRow:
        return await records.presence.declare(
            who.staff_id,
            who.session_id,
            PresenceState.BREAK,
            "hard_contact",
            "all",
            3,
            records.later(),
            until=until,
            **given,
        )

    first = await pause(until, hard_contacts=1, chats_beside_call=2)
    assert (first.until, first.hard_contacts, first.chats_beside_call) == (until, 1, 2)
    assert await pause(until) == first
    second = await pause(until, hard_contacts=2)
    assert (second.version, second.hard_contacts) == (first.version + 1, 2)
    ready = await declare(records, who, PresenceState.READY)
    assert (ready.until, ready.hard_contacts, ready.chats_beside_call) == (None, 2, 2)
    assert await records.presence.all_present() == [ready]


async def test_who_leaves_is_present_until_she_is_offline(records: Records) -> None:
    who = await records.listener()
    leaving = await declare(records, who, PresenceState.LEAVING)
    assert await records.presence.all_present() == [leaving]
