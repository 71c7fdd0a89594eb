"""Overrides of queues: one in force for each place and kind, set and lifted in the trail."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone

import pytest

from config.errors import InvalidInput, NotAllowed, NotFound
from config.ids import new_id
from config.vocabulary import Channel, OverrideKind, Role
from records.actor import Principal
from records.overrides import QueueOverrides
from tests.kit.principals import principal_of
from tests.kit.record_rows import LINE, add_staff, read
from tests.kit.records_service import Records, open_records

CLOSED, MESSAGE = OverrideKind.CLOSED, OverrideKind.MESSAGE
# What people write for « for ever »; no zone east of its own can say it.
END_OF_TIME = datetime.max.replace(tzinfo=timezone(timedelta(hours=-14)))
WORDS = {"fr": "Forte affluence.", "en": "We are very busy."}


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[Records]:
    async with open_records(database_url) as opened:
        yield opened


@pytest.fixture
def overrides(records: Records) -> QueueOverrides:
    return QueueOverrides(records.database, records.vault)


async def person(records: Records, role: Role = Role.SUPERVISOR) -> Principal:
    async with records.database.transaction() as tx:
        staff_id = await add_staff(tx, role)
    return principal_of(staff_id, role, frozenset({LINE}), new_id())


async def test_an_override_is_in_force_until_lifted_or_over(
    records: Records, overrides: QueueOverrides
) -> None:
    she = await person(records)
    until = records.now + timedelta(hours=1)
    closed = await overrides.set(
        she, LINE, "mineur", Channel.CHAT, CLOSED, records.now, until=until
    )
    said = await overrides.set(she, LINE, "*", None, MESSAGE, records.later(), texts=WORDS)
    assert await overrides.current(LINE, records.now) == [said, closed]
    assert closed.concerns("mineur", Channel.CHAT)
    assert not closed.concerns("mineur", Channel.CALL)
    assert not closed.concerns("parent", Channel.CHAT)
    assert said.concerns("parent", Channel.CALL)
    assert await overrides.current(LINE, until) == [said]
    assert await overrides.lift(she, LINE, "*", records.now) == 1
    assert await overrides.lift(she, LINE, "*", records.now) == 0
    assert await overrides.current(LINE, until) == []
    actions = await read(records.database, "SELECT action, detail FROM audit ORDER BY audit_id")
    assert [row["action"] for row in actions] == [
        "queue.override",
        "queue.override",
        "queue.override_lift",
    ]
    assert "affluence" not in str(actions)


async def test_the_same_again_changes_nothing_and_other_words_replace(
    records: Records, overrides: QueueOverrides
) -> None:
    she = await person(records)

    async def say(words):
        return await overrides.set(she, LINE, "*", None, MESSAGE, records.later(), texts=words)

    first = await say(WORDS)
    assert await say(WORDS) == first
    second = await say({"fr": "Autre chose."})
    assert [each.override_id for each in await overrides.current(LINE, records.now)] == [
        second.override_id
    ]
    kept = await read(records.database, "SELECT lifted_at FROM queue_override ORDER BY set_at")
    assert [row["lifted_at"] is None for row in kept] == [False, True]


async def test_two_who_set_it_at_once_leave_one_in_force(
    records: Records, overrides: QueueOverrides
) -> None:
    she = await person(records)
    await asyncio.gather(
        *(
            overrides.set(she, LINE, "mineur", None, MESSAGE, records.now, texts={"fr": f"{n}"})
            for n in range(6)
        )
    )
    assert len(await overrides.current(LINE, records.now)) == 1


async def test_strange_words_and_strangers_are_refused(
    records: Records, overrides: QueueOverrides
) -> None:
    she, listener = await person(records), await person(records, Role.LISTENER)
    with pytest.raises(NotAllowed):
        await overrides.set(listener, LINE, "mineur", None, CLOSED, records.now)
    with pytest.raises(NotAllowed):
        await overrides.lift(listener, LINE, "mineur", records.now)
    with pytest.raises(NotFound):
        await overrides.set(she, "another", "mineur", None, CLOSED, records.now)
    for texts in (None, {}, {"fr": "  "}, {"fr": "x" * 501}, {"Français": "x"}):
        with pytest.raises(InvalidInput):
            await overrides.set(she, LINE, "mineur", None, MESSAGE, records.now, texts=texts)
    for until in (records.now, records.later(400 * 86_400), END_OF_TIME):
        with pytest.raises(InvalidInput):
            await overrides.set(she, LINE, "mineur", None, CLOSED, records.now, until=until)
    assert await overrides.current(LINE, records.now) == []


async def test_pasted_words_are_kept_as_one_line_that_a_telephone_can_say(
    records: Records, overrides: QueueOverrides
) -> None:
    she = await person(records)
    pasted = {"fr": "Panne\x0ben cours\u00a0:\r\n revenez\x01 \u202eplus tard\ufffe "}
    said = await overrides.set(she, LINE, "*", None, MESSAGE, records.now, texts=pasted)
    assert said.texts == {"fr": "Panne en cours\u00a0: revenez plus tard"}
    again = await overrides.set(she, LINE, "*", None, MESSAGE, records.now, texts=pasted)
    assert again == said
