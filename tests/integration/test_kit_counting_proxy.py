"""The relay before PostgreSQL counts what the driver really sends."""

import asyncpg

from records.database import Database
from tests.kit.counting_proxy import counting_proxy
from tests.kit.until import until


async def test_what_the_driver_sends_is_counted_by_round_trip(database_url: str) -> None:
    async with counting_proxy(database_url) as proxy:
        connection = await asyncpg.connect(proxy.url)
        try:
            for _ in range(2):
                assert await connection.fetchval("-- a.one\nSELECT $1::int", 1) == 1
            async with connection.transaction():
                await connection.execute("-- a.table\nCREATE TEMPORARY TABLE seen (n int)")
                await connection.executemany(
                    "-- a.row\nINSERT INTO seen VALUES ($1)", [(1,), (2,), (3,)]
                )
        finally:
            await connection.close()
        await until(lambda: not proxy.passages.under_way)
        first, second, whole = proxy.passages.all
        assert first.names == second.names == ("a.one",)
        assert whole.names == ("BEGIN", "a.table", "a.row", "a.row", "a.row", "COMMIT")
        assert [len(trip) for trip in whole.trips] == [1, 1, 3, 1]
        assert whole.writes == {"seen"}


async def test_a_transaction_that_is_rolled_back_is_over(database_url: str) -> None:
    async with counting_proxy(database_url) as proxy:
        connection = await asyncpg.connect(proxy.url)
        try:
            begun = connection.transaction()
            await begun.start()
            assert proxy.passages.under_way == 1
            await begun.rollback()
            assert proxy.passages.under_way == 0
        finally:
            await connection.close()
        assert [each.names for each in proxy.passages.all] == [("BEGIN", "ROLLBACK")]


async def test_our_statements_bear_their_names(database_url: str) -> None:
    async with (
        counting_proxy(database_url) as proxy,
        Database.open(proxy.url) as database,
        database.reading() as tx,
    ):
        await tx.fetch_value("lock.now")
        names = [name for each in proxy.passages.all for name in each.names]
    assert names[-1] == "lock.now"
