"""Events and wake-ups, on a real Redis: hints that arrive at once, and say so when they may not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing

import pytest

from routing.connection import open_redis
from routing.events import RoutingEvents
from routing.model import EventKind, RoutingEvent
from routing.router import Router
from routing.wakeups import WakeKind, Wakeup, Wakeups
from tests.kit.pools import CHAT, Pool, ident, small_plan
from tests.kit.until import until


@pytest.fixture
async def pool(redis_url: str) -> AsyncIterator[Pool]:
    async with open_redis(redis_url) as redis:
        made = Pool(Router(redis, small_plan(), lambda: made.now_ms))
        yield made


async def take(events: AsyncIterator[RoutingEvent], count: int) -> list[RoutingEvent]:
    async with asyncio.timeout(5):
        return [await anext(events) for _ in range(count)]


async def test_offer_and_its_end_are_told_in_order(pool: Pool) -> None:
    async with aclosing(pool.router.events("0-0")) as events:
        await pool.arrive("c1")
        await pool.sign_in("l1")
        offer = await pool.match()
        await pool.router.cancel(ident("c1"), 2)
        told = await take(events, 2)
    made, closed = told
    assert (made.kind, made.offer_id) == (EventKind.OFFERED, offer.offer_id)
    assert (made.listener_id, made.contact_id) == (ident("l1"), ident("c1"))
    assert (closed.kind, closed.offer_id) == (EventKind.OFFER_CLOSED, offer.offer_id)
    assert closed.reason == "contact_gone"


async def test_listening_from_a_position_tells_only_what_came_after(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1")
    first = await pool.match()
    position = await RoutingEvents(pool.router._redis, small_plan()).position()
    await pool.router.decline(first.offer_id, first.listener_id, first.session_id)
    async with aclosing(pool.router.events(position)) as events:
        (told,) = await take(events, 1)
    assert (told.kind, told.reason) == (EventKind.OFFER_CLOSED, "declined")


async def test_listening_starts_from_now_unless_told(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1")
    await pool.match()
    async with aclosing(pool.router.events()) as events:
        waiting = asyncio.ensure_future(anext(events))
        clients = pool.router._redis.client_list
        await until(lambda: _is_reading(clients))
        await pool.router.cancel(ident("c1"), 2)
        assert (await waiting).kind is EventKind.OFFER_CLOSED


async def _is_reading(clients: Callable[[], Awaitable[list[dict[str, str]]]]) -> bool:
    return any(client["cmd"] == "xread" for client in await clients())


async def test_events_are_bounded(pool: Pool) -> None:
    await pool.sign_in("l1")
    for turn in range(1, 60):
        await pool.arrive("c1", CHAT, version=turn, turn=turn)
        await pool.router.match([CHAT])
    assert await pool.router._redis.xlen("{test}:events") == 117


async def test_wakeup_is_heard_by_another_process(redis_url: str) -> None:
    async with open_redis(redis_url) as here, open_redis(redis_url) as there:
        wakeups = Wakeups(here, small_plan())
        async with aclosing(wakeups.listen()) as heard:
            async with asyncio.timeout(5):
                assert await anext(heard) == Wakeup(WakeKind.RESYNC, None)
                assert await Wakeups(there, small_plan()).publish("message", ident("c1"), 12)
                assert await anext(heard) == Wakeup(WakeKind.MESSAGE, ident("c1"), (12,))


async def test_strange_words_on_the_channel_are_passed_over(redis_url: str) -> None:
    async with open_redis(redis_url) as redis:
        wakeups = Wakeups(redis, small_plan())
        async with aclosing(wakeups.listen()) as heard:
            async with asyncio.timeout(5):
                await anext(heard)
                for words in ("", "later x", "message nobody", f"read {ident('c1')} x", "message"):
                    await redis.publish("{test}:wake", words)
                await wakeups.publish(WakeKind.STATE, ident("c2"))
                assert (await anext(heard)).contact_id == ident("c2")
