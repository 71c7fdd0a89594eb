"""Clocks that jump, on a real Redis: time never moves back, and never stands still."""

from collections.abc import AsyncIterator

import pytest

from routing.connection import open_redis
from routing.router import Router
from tests.kit.pools import START_MS, Pool, ident, small_plan

HOUR_MS = 3_600_000


@pytest.fixture
async def pool(redis_url: str) -> AsyncIterator[Pool]:
    async with open_redis(redis_url) as redis:
        made = Pool(Router(redis, small_plan(), lambda: made.now_ms))
        yield made


async def instant(pool: Pool) -> int:
    return (await pool.router.overview()).now_ms


async def test_clock_found_behind_goes_on_at_half_speed_until_it_has_caught_up(pool: Pool) -> None:
    assert await instant(pool) == START_MS
    pool.tick(-10_000)
    assert await instant(pool) == START_MS, "it never moves back"
    for slow in (2_000, 4_000, 6_000):
        pool.tick(4_000)
        assert await instant(pool) == START_MS + slow
    pool.tick(4_000)
    assert await instant(pool) == START_MS + 6_000 == pool.now_ms, "caught up"
    pool.tick(1)
    assert await instant(pool) == pool.now_ms


async def test_two_clocks_a_little_apart_never_move_it_back(pool: Pool) -> None:
    seen = []
    for i in range(200):
        pool.tick(10)
        behind = 7 if i % 2 else 0
        pool.now_ms -= behind
        seen.append(await instant(pool))
        pool.now_ms += behind
    assert seen == sorted(seen)
    assert pool.now_ms - 7 <= seen[-1] <= pool.now_ms


async def test_after_a_jump_ahead_offers_still_run_out_at_most_twice_as_late(pool: Pool) -> None:
    """An hour ahead, then set right: nobody stays reserved for that hour."""
    pool.tick(HOUR_MS)
    await pool.arrive("before")
    pool.tick(-HOUR_MS)
    await pool.sign_in("anne", lease_ms=600_000)
    offer = await pool.match()
    await pool.router.seen(offer.offer_id, offer.session_id)
    pool.tick(39_999)
    assert not (await pool.router.sweep()).expired
    pool.tick(1)
    assert [one.offer_id for one in (await pool.router.sweep()).expired] == [offer.offer_id]


async def test_after_a_jump_ahead_a_silent_listener_still_loses_her_lease(pool: Pool) -> None:
    pool.tick(HOUR_MS)
    await pool.sign_in("anne", lease_ms=20_000)
    pool.tick(-HOUR_MS)
    assert not (await pool.router.sweep()).leases_lost
    pool.tick(40_000)
    assert (await pool.router.sweep()).leases_lost == [ident("anne")]


async def test_ranks_and_waits_are_told_by_the_callers_and_no_jump_changes_the_order(
    pool: Pool,
) -> None:
    await pool.arrive("first")
    pool.tick(HOUR_MS)
    await instant(pool)
    pool.tick(-HOUR_MS + 1)
    await pool.arrive("second")
    await pool.sign_in("anne")
    assert (await pool.match()).contact_id == ident("first")
