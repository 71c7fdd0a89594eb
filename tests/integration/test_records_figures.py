"""Figures: each level apart, and the recent flow of each lane."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from config.vocabulary import Channel, ContactEventKind, Disposition, EndedBy, Level
from records.actor import SYSTEM, Actor
from records.contacts.flows import FlowMinute
from records.figures import LevelFigure, LevelFigures
from tests.kit.record_rows import LINE, NOW
from tests.kit.records_service import PRE_ANSWER, U3, Records, open_records

LISTENING = replace(U3, queue="mineur_pour_soi")


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[Records]:
    async with open_records(database_url) as opened:
        yield opened


async def figures(records: Records) -> dict[tuple[Level, Channel], LevelFigure]:
    found = await LevelFigures(records.database).between(
        LINE, NOW - timedelta(minutes=1), records.now + timedelta(minutes=1)
    )
    for each in found:
        parts = (each.answered, each.abandoned, each.abandoned_early)
        rest = (each.turned_away, each.moved_on, each.waiting)
        assert each.presented == sum(parts) + sum(rest)
    return {(each.level, each.channel): each for each in found}


async def hand_over(records: Records):
    """Let pre-answering take a call after 10 s, and hand it over after a minute."""
    call, she = await records.waiting_call(PRE_ANSWER), await records.listener()
    records.later(5)
    await records.talking(call, she)
    return (
        await records.engagements.hand_over(
            call.contact_id,
            lambda _: LISTENING,
            records.later(60),
            Actor.staff(she.staff_id),
            "triaged",
        )
    ).after


async def end(records: Records, contact, seconds: float) -> None:
    await records.contacts.end(
        contact.contact_id, EndedBy.CORRESPONDENT, "completed", records.later(seconds)
    )


async def test_answered_at_the_first_level_and_abandoned_at_the_second_is_both(
    records: Records,
) -> None:
    handed = await hand_over(records)
    await end(records, handed, 90)
    found = await figures(records)
    first = found[Level.PRE_ANSWER, Channel.CALL]
    second = found[Level.LISTENING, Channel.CALL]
    assert (first.presented, first.answered, first.waited_ms) == (1, 1, 10_000)
    assert (second.presented, second.answered, second.abandoned) == (1, 0, 1)


async def test_each_level_counts_its_own_wait_and_channels_are_apart(records: Records) -> None:
    handed = await hand_over(records)
    records.later(20)
    await records.talking(handed, await records.listener())
    chat = await records.waiting_chat()
    records.later(3)
    await records.accept(chat, await records.listener())
    found = await figures(records)
    second = found[Level.LISTENING, Channel.CALL]
    assert (second.answered, second.waited_ms, second.longest_ms) == (1, 25_000, 25_000)
    chats = found[Level.LISTENING, Channel.CHAT]
    assert (chats.presented, chats.answered, chats.waited_ms) == (1, 1, 3_000)


async def test_who_could_not_be_answered_is_counted_apart(records: Records) -> None:
    await end(records, await records.waiting_call(), 4.9)
    await end(records, await records.waiting_call(), 5)
    turned = await records.waiting_call()
    await records.contacts.turn_away(turned.contact_id, Disposition.DETERRED, "closed", records.now)
    await records.waiting_call()
    found = (await figures(records))[Level.LISTENING, Channel.CALL]
    assert (found.abandoned_early, found.abandoned, found.turned_away, found.waiting) == (
        1,
        1,
        1,
        1,
    )


async def test_moved_to_the_other_level_unanswered_is_no_answer(records: Records) -> None:
    call = await records.waiting_call(PRE_ANSWER)
    await records.contacts.move(
        call.contact_id,
        LISTENING,
        SYSTEM,
        records.later(30),
        "unstaffed",
        kind=ContactEventKind.TAKEN_IN,
    )
    within = replace(LISTENING, queue="parent_proche")
    await records.contacts.move(call.contact_id, within, SYSTEM, records.later(5), "other")
    records.later(5)
    await records.talking(await records.contacts.get(call.contact_id), await records.listener())
    found = await figures(records)
    first = found[Level.PRE_ANSWER, Channel.CALL]
    second = found[Level.LISTENING, Channel.CALL]
    assert (first.presented, first.answered, first.moved_on) == (1, 0, 1)
    assert (second.presented, second.answered, second.waited_ms) == (1, 1, 15_000)


async def test_the_flow_of_a_lane_is_told_minute_by_minute(records: Records) -> None:
    quick, slow = await records.waiting_call(), await records.waiting_call()
    gone, early = await records.waiting_call(), await records.waiting_call()
    await end(records, early, 2)
    records.later(8)
    await records.accept(quick, await records.listener())
    records.later(30)
    await records.accept(slow, await records.listener())
    await end(records, gone, 30)
    rows = await records.contacts.flows_since(
        [LINE],
        NOW - timedelta(minutes=5),
        targets={("mineur", Channel.CALL): timedelta(seconds=20)},
        early=timedelta(seconds=5),
    )
    lane = (LINE, "mineur", Channel.CALL, "fr", ())
    assert sorted(rows, key=lambda row: (row.minute, -row.answered)) == [
        FlowMinute(*lane, NOW, 2, 1, 0, 0, 50_000, 40_000),
        FlowMinute(*lane, NOW, 0, 0, 0, 1, 0, 0),
        FlowMinute(*lane, NOW + timedelta(minutes=1), 0, 0, 1, 0, 0, 0),
    ]
    assert (
        await records.contacts.flows_since(["another"], NOW, targets={}, early=timedelta(seconds=5))
        == []
    )
