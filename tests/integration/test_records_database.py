"""The way to PostgreSQL: what is lost, what is refused, what is unknown."""

import asyncio

import asyncpg
import pytest
from structlog.testing import capture_logs

from config.errors import (
    CentreError,
    Conflict,
    Misconfigured,
    NotFound,
    OutcomeUnknown,
    Unavailable,
)
from config.ids import new_id
from records import refusals
from records.database import Database
from tests.kit.cutting_proxy import cutting_proxy
from tests.kit.engines import DatabaseAddresses
from tests.kit.record_rows import NOW, add_line, add_staff, read, run
from tests.kit.until import until


async def backend(tx) -> int:
    return await tx._connection.fetchval("SELECT pg_backend_pid()")


async def cut(address: str, pid: int | None = None) -> None:
    """End one backend of the test's database, or all others, as a crash would."""
    connection = await asyncpg.connect(address, timeout=10)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND ($1::int IS NULL OR pid = $1)",
        pid,
    )
    await connection.close()


async def test_a_database_that_does_not_answer_is_unavailable() -> None:
    with pytest.raises(Unavailable) as refused:
        async with Database.open("postgresql://nobody@127.0.0.1:1/none", connect_seconds=1):
            pass
    assert refused.value.code == "database_unavailable"


@pytest.mark.parametrize("address", ["http://not.one/", "postgresql://x@127.0.0.1:notaport/"])
async def test_an_address_that_is_none_is_a_misconfiguration(address: str) -> None:
    with pytest.raises(Misconfigured):
        async with Database.open(address):
            pass


async def test_a_wrong_password_or_database_is_a_misconfiguration(database_url: str) -> None:
    scheme, rest = database_url.split("://")
    user, host = rest.split("@")
    for address in (
        f"{scheme}://{user.split(':')[0]}:wrong@{host}",
        database_url.replace("/test_", "/no_"),
    ):
        with pytest.raises(Misconfigured) as refused:
            async with Database.open(address):
                pass
        assert "wrong" not in str(refused.value)


async def test_connections_unused_go_back_to_the_server(
    database_url: str, admin_database_url: str
) -> None:
    async def held() -> int:
        connection = await asyncpg.connect(admin_database_url, timeout=10)
        try:
            return int(
                await connection.fetchval(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND application_name = 'contactcenter'"
                )
            )
        finally:
            await connection.close()

    async with Database.open(database_url, pool_size=6, idle_seconds=0.2) as database:
        everybody = asyncio.Barrier(7)

        async def hold() -> None:
            async with database.reading() as tx:
                await tx.fetch_value("lock.check")
                await everybody.wait()

        async with asyncio.TaskGroup() as tasks:
            for _ in range(6):
                tasks.create_task(hold())
            await everybody.wait()
            assert await held() >= 5

        async def is_small() -> bool:
            return await held() <= 1

        await until(is_small, 10)


async def test_a_database_frozen_behind_a_proxy_that_still_answers_for_it_is_given_up_and_heals(
    database_url: str,
) -> None:
    """Every connection is lent when it happens: none is waited for longer than its time-outs."""
    async with (
        cutting_proxy(database_url) as proxy,
        Database.open(
            proxy.url, pool_size=2, connect_seconds=0.3, statement_seconds=0.3
        ) as database,
    ):

        async def ask() -> object:
            async with database.transaction() as tx:
                return await tx.fetch_value("lock.check")

        assert await asyncio.gather(ask(), ask()) == [1, 1]
        proxy.is_frozen = True
        for _ in range(4):  # callers who give up in the middle, as a cancelled request does
            with pytest.raises((TimeoutError, Unavailable)):
                async with asyncio.timeout(0.1):
                    await ask()
        async with asyncio.timeout(20):
            answers = await asyncio.gather(*(ask() for _ in range(6)), return_exceptions=True)
        assert all(isinstance(answer, Unavailable) for answer in answers), answers
        proxy.is_frozen = False

        async def is_healed() -> bool:
            try:
                return await asyncio.gather(*(ask() for _ in range(4))) == [1] * 4
            except Unavailable:
                return False

        await until(is_healed, 10)


async def test_why_postgresql_refuses_is_logged_by_its_sqlstate(
    database_url: str, admin_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "_told", {})
    admin = await asyncpg.connect(admin_database_url, timeout=10)
    name = await admin.fetchval("SELECT current_database()")
    async with Database.open(database_url, pool_size=3) as database:
        await admin.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 1")
        with capture_logs() as lines:
            async with database.reading() as tx:
                await tx.fetch_value("lock.check")

                async def one_too_many() -> None:
                    async with database.reading() as other:
                        await other.fetch_value("lock.check")

                for _ in range(2):
                    with pytest.raises(Unavailable):
                        await asyncio.gather(one_too_many())
        told = [line for line in lines if line["event"] == "database_unavailable"]
        assert [line["sqlstate"] for line in told] == ["53300"], "once, not for each"
    await admin.close()


async def test_an_error_rolls_everything_back(database_url: str) -> None:
    async with Database.open(database_url) as database:

        async def act_that_fails() -> None:
            async with database.transaction() as tx:
                await add_line(tx)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await act_that_fails()
        assert await read(database, "SELECT * FROM line") == []
        async with database.transaction() as tx:
            await add_line(tx)
        assert len(await read(database, "SELECT * FROM line")) == 1


async def test_refusals_are_told_by_constraint_and_carry_no_values(database_url: str) -> None:
    async with Database.open(database_url) as database:
        async with database.transaction() as tx:
            await add_line(tx)
            staff_id = await add_staff(tx, name="Zoé Planted")
        login = staff_id.hex
        with pytest.raises(Conflict) as taken:
            async with database.transaction() as tx:
                await tx.execute(
                    "staff.create", new_id(), None, login, "B", "listener", None, None, None, 3, NOW
                )
        assert taken.value.code == "login_taken"
        assert login not in str(taken.value)
        assert taken.value.__context__ is None
        with pytest.raises(NotFound) as missing:
            async with database.transaction() as tx:
                await tx.execute("staff.add_lines", staff_id, ["nowhere"])
        assert missing.value.code == "reference_missing"


async def test_a_second_connection_inside_a_transaction_is_refused(database_url: str) -> None:
    async with Database.open(database_url) as database, database.transaction():
        for lend in (database.transaction, database.reading):
            with pytest.raises(CentreError) as refused:
                async with lend():
                    pass
            assert refused.value.code == "nested_connection"
        with pytest.raises(CentreError):
            await database.act("contact_list.get", new_id())


async def test_another_task_may_hold_its_own_connection(database_url: str) -> None:
    async with Database.open(database_url) as database, database.transaction():
        rows = await asyncio.wait_for(asyncio.ensure_future(read(database, "SELECT 1 AS one")), 5)
        assert rows == [{"one": 1}]


async def test_a_full_pool_refuses_in_time(database_url: str) -> None:
    async with Database.open(database_url, pool_size=1, connect_seconds=0.2) as database:
        async with database.transaction():
            with pytest.raises(Unavailable):
                await asyncio.ensure_future(read(database, "SELECT 1"))
        assert await read(database, "SELECT 1 AS one") == [{"one": 1}]


async def test_a_statement_past_its_time_is_unavailable_and_the_pool_lives(
    database_url: str,
) -> None:
    async with Database.open(database_url, statement_seconds=0.2) as database:
        async with database.transaction() as holder:
            await add_line(holder)

            async def waits_for_the_lock() -> None:
                async with database.transaction() as tx:
                    await add_line(tx)

            with pytest.raises(Unavailable) as refused:
                await asyncio.ensure_future(waits_for_the_lock())
            assert refused.value.code == "database_busy"
        assert len(await read(database, "SELECT * FROM line")) == 1


async def test_a_connection_lost_in_the_work_is_unavailable(database: DatabaseAddresses) -> None:
    async with Database.open(database.runtime) as opened:

        async def act() -> None:
            async with opened.transaction() as tx:
                await cut(database.admin, await backend(tx))
                await add_line(tx)

        with pytest.raises(Unavailable) as refused:
            await act()
        assert not isinstance(refused.value, OutcomeUnknown)
        assert await read(opened, "SELECT * FROM line") == []


async def test_a_connection_lost_at_commit_leaves_the_outcome_unknown(
    database: DatabaseAddresses,
) -> None:
    async with Database.open(database.runtime) as opened:

        async def act() -> None:
            async with opened.transaction() as tx:
                await add_line(tx)
                await cut(database.admin, await backend(tx))

        with pytest.raises(OutcomeUnknown):
            await act()
        assert await read(opened, "SELECT * FROM line") == []


async def test_service_resumes_by_itself_when_the_database_is_back(
    database: DatabaseAddresses,
) -> None:
    async with Database.open(database.runtime) as opened:

        async def answers() -> bool:
            try:
                async with opened.reading() as tx:
                    return await tx.fetch("contact_list.get", new_id()) == []
            except Unavailable:
                return False

        await asyncio.gather(*(read(opened, "SELECT pg_sleep(0.05)") for _ in range(4)))
        await cut(database.admin)
        await until(answers, seconds=5)


async def test_a_cancelled_act_is_rolled_back_and_gives_its_connection_back(
    database_url: str,
) -> None:
    async with Database.open(database_url, pool_size=1) as database:
        written = asyncio.Event()

        async def act() -> None:
            async with database.transaction() as tx:
                await add_line(tx)
                written.set()
                await run(tx, "SELECT pg_sleep(60)")

        acting = asyncio.ensure_future(act())
        await asyncio.wait_for(written.wait(), 5)
        acting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await acting
        assert await read(database, "SELECT * FROM line") == []


async def test_a_mistake_of_ours_is_not_called_an_outage(database_url: str) -> None:
    async with Database.open(database_url) as database, database.reading() as tx:
        for arguments in ((), ("not an id",)):
            with pytest.raises(CentreError) as refused:
                await tx.fetch_one("contact_list.get", *arguments)
            assert refused.value.code == "database_refused"
            assert not refused.value.retryable


async def test_a_database_never_migrated_says_what_to_run(
    blank_database: DatabaseAddresses,
) -> None:
    async with Database.open(blank_database.owner) as database, database.reading() as tx:
        with pytest.raises(Misconfigured, match="contactcenter migrate"):
            await tx.fetch_one("contact_list.get", new_id())
