"""No false acknowledgement: whatever cuts the connection, an acknowledged line exists once."""

import asyncio
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import pytest

from config.clock import ManualClock
from config.errors import CentreError, OutcomeUnknown, Unavailable
from config.vocabulary import Sender
from records.database import Database
from records.messages import Messages
from tests.kit import record_rows as rows
from tests.kit.cutting_proxy import Cut, cutting_proxy
from tests.kit.until import until

VAULT = rows.a_vault()
LINES_BETWEEN_KILLS = 12


@asynccontextmanager
async def node(url, pool_size=2):
    async with Database.open(url, pool_size=pool_size) as database:
        messages = Messages(database, VAULT, ManualClock(rows.NOW))
        async with messages.running():
            yield messages


@pytest.fixture
async def direct(database_url):
    async with Database.open(database_url, pool_size=4) as database:
        async with database.transaction() as tx:
            await rows.add_line(tx)
        yield database


async def conversation(database):
    async with database.transaction() as tx:
        return await rows.add_conversation(tx, VAULT)


async def stored(database, contact_id):
    return await rows.read(
        database, "SELECT seq, cid FROM message WHERE contact_id = $1 ORDER BY seq", contact_id
    )


@pytest.mark.parametrize("where", Cut)
async def test_a_commit_whose_answer_is_lost_is_not_acknowledged_and_a_repeat_tells(
    database_url, direct, where
):
    contact_id, cid = await conversation(direct), uuid4()
    async with cutting_proxy(database_url) as proxy, node(proxy.url) as messages:
        proxy.cut(b"COMMIT", where)
        with pytest.raises(OutcomeUnknown):
            await messages.append(contact_id, Sender.VISITOR, cid, "bonjour")
        assert proxy.cuts == 1
        await until(lambda: quiet(direct))
        assert len(await stored(direct, contact_id)) == (1 if where is Cut.AFTER else 0)
        again = await messages.append(contact_id, Sender.VISITOR, cid, "bonjour")
        assert (again.seq, again.replayed) == (1, where is Cut.AFTER)
    assert [row["cid"] for row in await stored(direct, contact_id)] == [cid]


async def quiet(database):
    """No transaction of a lost connection is still open."""
    rows_ = await rows.read(
        database,
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
        " AND state LIKE 'idle in transaction%'",
    )
    return not rows_


@pytest.mark.parametrize("statement", [b"lock_conversations", b"known_lines", b"message.write"])
async def test_a_connection_lost_before_the_commit_stores_nothing_and_says_so(
    database_url, direct, statement
):
    contact_id, cid = await conversation(direct), uuid4()
    async with cutting_proxy(database_url) as proxy, node(proxy.url) as messages:
        proxy.cut(statement, Cut.BEFORE)
        with pytest.raises(Unavailable) as refusal:
            await messages.append(contact_id, Sender.VISITOR, cid, "bonjour")
        assert not isinstance(refusal.value, OutcomeUnknown)
        await until(lambda: quiet(direct))
        assert await stored(direct, contact_id) == []
        assert (await messages.append(contact_id, Sender.VISITOR, cid, "bonjour")).seq == 1


async def test_backends_killed_again_and_again_lose_and_double_nothing(
    database_url, admin_database_url, direct
):
    contacts = [await conversation(direct) for _ in range(5)]
    acknowledged = {}
    errors = []
    # Killed each time that so many lines more were acknowledged, never by the clock: on a machine
    # that is busy the writers would be killed faster than they can write, for ever.
    moved, finished = asyncio.Event(), asyncio.Event()

    async def writer(messages, number):
        for turn in range(25):
            contact_id, cid = contacts[(number + turn) % 5], uuid4()
            # As a client does: the same line until it is acknowledged.
            while cid not in acknowledged:
                try:
                    answer = await messages.append(contact_id, Sender.VISITOR, cid, f"{cid}")
                except Unavailable as error:
                    errors.append(error.code)
                else:
                    acknowledged[cid] = (contact_id, answer.seq)
                    moved.set()

    async def killer():
        kills = 0
        admin = await asyncpg.connect(admin_database_url)
        try:
            while not finished.is_set():
                await moved.wait()
                moved.clear()
                if len(acknowledged) < kills * LINES_BETWEEN_KILLS:
                    continue
                # Those at work now: a batch of the other lines is on its way at any moment.
                killed = await admin.fetchval(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE application_name = 'contactcenter' AND state <> 'idle'"
                    " AND datname = current_database()"
                )
                if killed:
                    kills = len(acknowledged) // LINES_BETWEEN_KILLS + 1
                else:
                    moved.set()  # between two batches: look again
                    await asyncio.sleep(0)
        finally:
            await admin.close()

    async with node(database_url) as one, node(database_url) as two:
        killing = asyncio.ensure_future(killer())
        await asyncio.gather(*(writer((one, two)[n % 2], n) for n in range(16)))
        finished.set()
        moved.set()
        await killing
    assert errors, "nothing was killed while it mattered"
    found = {}
    for contact_id in contacts:
        lines = await stored(direct, contact_id)
        assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
        found |= {line["cid"]: (contact_id, line["seq"]) for line in lines}
    assert found == acknowledged
    assert len(found) == 16 * 25


async def test_a_database_that_does_not_answer_is_never_an_acknowledgement(
    database_url, direct, monkeypatch
):
    contact_id = await conversation(direct)
    async with cutting_proxy(database_url) as proxy, node(proxy.url) as messages:
        for _ in range(6):  # more than the pool holds: every connection is lost at its first word
            proxy.cut(b"lock_conversations", Cut.BEFORE)
        answers = [
            await asyncio.gather(
                messages.append(contact_id, Sender.VISITOR, uuid4(), "bonjour"),
                return_exceptions=True,
            )
            for _ in range(3)
        ]
    for (answer,) in answers:
        assert isinstance(answer, CentreError)
        assert answer.retryable
    assert await stored(direct, contact_id) == []
