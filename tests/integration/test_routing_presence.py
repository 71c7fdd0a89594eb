"""Presence by version, on a real Redis: the newest declaration wins, and load is repaired."""

from collections.abc import AsyncIterator

import pytest

from config.ids import new_id
from config.vocabulary import PresenceState
from routing.connection import open_redis
from routing.model import Load, Step
from routing.router import Router
from tests.kit.pools import CALL, CHAT, Pool, ident, small_plan


@pytest.fixture
async def pool(redis_url: str) -> AsyncIterator[Pool]:
    async with open_redis(redis_url) as redis:
        made = Pool(Router(redis, small_plan(), lambda: made.now_ms))
        yield made


async def free(pool: Pool) -> dict[str, int]:
    return {name: count for name, count in (await pool.router.overview()).free.items() if count}


async def test_older_version_is_ignored(pool: Pool) -> None:
    await pool.sign_in("l1", version=5)
    assert await pool.sign_in("l1", version=4, state=PresenceState.OFFLINE) is Step.STALE
    assert await free(pool) == {"both": 1}


async def test_same_version_from_another_session_is_ignored(pool: Pool) -> None:
    await pool.sign_in("l1", version=5)
    assert await pool.sign_in("l1", version=5, session_id=ident("x")) is Step.STALE
    assert await pool.router.heartbeat(ident("l1"), ident("s-l1"))


async def test_listener_is_free_in_one_set_only(pool: Pool) -> None:
    await pool.sign_in("l1")
    await pool.sign_in("l1", "calls")
    assert await free(pool) == {"calls": 1}
    await pool.sign_in("l1", "both", load=(Load(ident("c1"), "chat"),))
    assert await free(pool) == {"both~chat": 1}
    assert (await pool.router.overview()).present == {"both": 1, "calls": 0, "adults": 0}


async def test_offline_and_back_starts_her_idle_clock_anew(pool: Pool) -> None:
    await pool.sign_in("l1")
    pool.tick(10)
    await pool.sign_in("l2")
    await pool.sign_in("l1", state=PresenceState.OFFLINE)
    assert not await pool.router.heartbeat(ident("l1"), ident("s-l1"))
    pool.tick(10)
    await pool.sign_in("l1")
    await pool.arrive("c1")
    assert (await pool.match()).listener_id == ident("l2")


async def test_heartbeat_of_an_unknown_listener_asks_for_her_presence(pool: Pool) -> None:
    assert not await pool.router.heartbeat(ident("l1"), ident("s-l1"))


async def test_snapshot_read_before_a_confirm_does_not_unload_her(pool: Pool) -> None:
    await pool.sign_in("l1")
    await pool.arrive("c1")
    offer = await pool.serve()
    pool.tick(1_000)
    await pool.sign_in("l1", load=())
    assert await pool.router.load_of(ident("l1")) == (Load(ident("c1"), "call", offer.offer_id),)
    pool.tick(10_000)
    await pool.sign_in("l1", load=())
    assert await pool.router.load_of(ident("l1")) == (), "PostgreSQL has said so for long enough"
    assert await free(pool) == {"both": 1}


async def test_snapshot_read_before_a_finish_does_not_load_her_again(pool: Pool) -> None:
    await pool.sign_in("l1")
    await pool.arrive("c1")
    offer = await pool.serve()
    await pool.router.finish(ident("l1"), ident("c1"), offer.offer_id)
    old = (Load(ident("c1"), "call", offer.offer_id),)
    await pool.sign_in("l1", load=old)
    assert await pool.router.load_of(ident("l1")) == ()
    pool.tick(10_000)
    await pool.sign_in("l1", load=old)
    assert await pool.router.load_of(ident("l1")) == old


async def test_load_that_leaves_no_room_takes_the_offer_back(pool: Pool) -> None:
    await pool.sign_in("l1")
    await pool.arrive("c1")
    offer = await pool.match()
    await pool.sign_in("l1", load=(Load(ident("c0"), "call", new_id()),))
    assert await pool.accept(offer) is Step.GONE
    assert await free(pool) == {}


async def test_finish_of_an_unknown_listener_or_contact_changes_nothing(pool: Pool) -> None:
    assert await pool.router.finish(ident("l1"), ident("c1")) is Step.UNKNOWN
    await pool.sign_in("l1")
    assert await pool.router.finish(ident("l1"), ident("c1")) is Step.ALREADY
    assert await pool.router.match_listener(ident("nobody")) is None
    assert await pool.router.match_contact(ident("nobody")) is None
    assert await pool.router.offerable(ident("nobody"), is_offerable=True) is Step.UNKNOWN


async def test_finish_without_engagement_ends_whichever_is_open(pool: Pool) -> None:
    await pool.sign_in("l1")
    await pool.arrive("c1", CHAT)
    await pool.serve(CHAT)
    assert await pool.router.finish(ident("l1"), ident("c1")) is Step.DONE
    assert await free(pool) == {"both": 1}


async def test_presence_after_a_write_up_rings_the_next_contact(pool: Pool) -> None:
    await pool.sign_in("l1")
    await pool.arrive("c1")
    offer = await pool.serve()
    await pool.sign_in("l1", state=PresenceState.BREAK)
    await pool.router.finish(ident("l1"), ident("c1"), offer.offer_id)
    await pool.arrive("c2")
    assert await pool.router.match([CALL]) is None, "ready again is never automatic"
    await pool.sign_in("l1")
    assert (await pool.match()).contact_id == ident("c2")


async def test_entering_the_same_version_keeps_no_dead_listener_alive(pool: Pool) -> None:
    await pool.sign_in("l1", version=5, lease_ms=1_000)
    pool.tick(900)
    await pool.sign_in("l1", version=5, lease_ms=20_000)
    pool.tick(100)
    assert (await pool.router.sweep()).leases_lost == [ident("l1")]
