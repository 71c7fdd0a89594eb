"""Several processes on one index: one owner a contact, one offer a listener, nobody left over."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE

import pytest

from routing.connection import open_redis
from routing.model import ListenerPresence, WaitingContact
from routing.router import Router
from tests.kit.pools import CALL, CHAT, ident, small_plan
from tests.kit.until import until

CONTACTS = 600
LISTENERS = 40
SECONDS = 40


async def fill(redis_url: str) -> None:
    async with open_redis(redis_url) as redis:
        router = Router(redis, small_plan(pool="race"))
        listeners = [
            ListenerPresence(
                listener_id=ident(f"l{i}"),
                session_id=ident(f"s{i}"),
                version=1,
                profile_id="both",
                state="ready",
                max_chats=3,
                lease_ms=600_000,
            )
            for i in range(LISTENERS)
        ]
        epoch = await router.begin_rebuild()
        await router.restore_listeners(epoch, listeners)
        waiting = [
            WaitingContact(ident(f"c{i}"), 1, 1, (lane,), lane.split(":")[2], i, i)
            for i, lane in enumerate([CALL, CHAT] * (CONTACTS // 2))
        ]
        await router.restore_contacts(epoch, waiting)
        await router.end_rebuild(epoch)


async def racer(redis_url: str, seed: int) -> asyncio.subprocess.Process:
    words = ("-m", "tests.kit.routing_racer", redis_url, str(seed), str(CONTACTS), str(SECONDS))
    return await asyncio.create_subprocess_exec(sys.executable, *words, stdout=PIPE)


@pytest.mark.timeout(100)
async def test_four_processes_assign_each_contact_exactly_once(redis_url: str) -> None:
    await fill(redis_url)
    processes = [await racer(redis_url, seed) for seed in range(4)]
    outputs = [(await process.communicate())[0] for process in processes]
    found = [json.loads(output) for output in outputs]
    confirmed = [contact for one in found for contact in one["confirmed"]]
    assert {key: count for one in found for key, count in one["broken"].items()} == {}
    assert sorted(confirmed) == sorted(str(ident(f"c{i}")) for i in range(CONTACTS))
    async with open_redis(redis_url) as redis:
        seen = await Router(redis, small_plan(pool="race")).overview()
    assert seen.free["both"] == LISTENERS
    assert sum(load.waiting for load in seen.lanes.values()) == 0


async def test_offer_of_a_killed_process_goes_to_somebody_else(redis_url: str) -> None:
    await fill(redis_url)
    victim = await racer(redis_url, 1)
    async with open_redis(redis_url) as redis:
        await until(lambda: redis.scard("race:confirmed"), seconds=20)
        victim.send_signal(signal.SIGKILL)
        await victim.communicate()
        now_ms = 1000 * (await redis.time())[0] + 60_000
        router = Router(redis, small_plan(pool="race"), lambda: now_ms)
        for _ in range(200):
            report = await router.sweep()
            for offer in report.stuck_accepting:
                await router.release(offer.offer_id, contact_gone=False)
            for offer in report.offered:
                await router.accept(offer.offer_id, offer.listener_id, offer.session_id)
                await router.confirm(offer.offer_id, 2)
                await router.finish(offer.listener_id, offer.contact_id, offer.offer_id)
            seen = await router.overview()
            if not sum(load.waiting for load in seen.lanes.values()):
                break
            now_ms += 250
        assert not sum(load.waiting for load in seen.lanes.values()), "nobody is left over"
        for i in range(LISTENERS):
            for load in await router.load_of(ident(f"l{i}")):
                await router.finish(ident(f"l{i}"), load.contact_id, load.engagement_id)
        assert (await router.overview()).free["both"] == LISTENERS
