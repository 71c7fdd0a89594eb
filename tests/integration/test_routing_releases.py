"""A rolling upgrade as the index meets it: two releases over one, and what an older one left."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from config.errors import Unavailable
from routing.connection import open_redis
from routing.events import RoutingEvents
from routing.model import EventKind, OfferState, Step
from routing.router import Router
from routing.steps import format as index_format
from routing.steps.format import FIRST, FORMAT
from tests.kit.pools import CALL, CHAT, Pool, ident, small_plan
from tests.kit.release_before import OF_POOL, ReleaseBefore, as_words, release_before

OLDEST = Path(__file__).parents[1] / "kit" / "releases" / "index_0_1_0.json"
LISTENERS = [f"l{number}" for number in range(5)]
STEPS = 250


@pytest.fixture
async def pool(redis_url: str) -> AsyncIterator[Pool]:
    async with open_redis(redis_url) as redis:
        made = Pool(Router(redis, small_plan(), lambda: made.now_ms))
        yield made


class Roll:
    """An evening in which each step is done by one release or the other, as it happens."""

    def __init__(self, pool: Pool, before: ReleaseBefore, seed: int) -> None:
        self.pool = pool
        self.before = before
        self.random = Random(seed)
        self.waiting: dict[str, int] = {}
        self.offers: dict[str, dict[str, Any]] = {}  # living ones by contact
        self.talking: list[tuple[str, str, str]] = []
        self.served: set[str] = set()
        self.by = {"before": 0, "now": 0}

    async def do(self, name: str, *args: Any) -> Any:
        if self.random.random() < 0.5:
            self.by["before"] += 1
            return await self.before.do(name, *args, now_ms=self.pool.now_ms)
        self.by["now"] += 1
        act = getattr(self.pool if name in OF_POOL else self.pool.router, name)
        return as_words(await act(*args))

    def made(self, offer: dict[str, Any] | None) -> None:
        """Take note of an offer: nobody is in two of them."""
        if offer is None:
            return
        assert offer["contact_id"] not in self.offers
        busy = {each["listener_id"] for each in self.offers.values()}
        assert offer["listener_id"] not in busy, "one offer for each listener"
        assert offer["contact_id"] in self.waiting, "nobody who does not wait is offered"
        self.offers[offer["contact_id"]] = offer

    async def arrive(self, number: int) -> None:
        lane = self.random.choice([CALL, CHAT])
        await self.do("arrive", f"c{number}", lane)
        self.waiting[str(ident(f"c{number}"))] = 1
        self.made(await self.do("match", [lane]))

    async def answer(self) -> None:
        """Accept, decline or let run out the oldest offer; or end a talk."""
        if self.talking and self.random.random() < 0.5:
            listener, contact, offer = self.talking.pop(0)
            assert await self.do("finish", listener, contact, offer) == Step.DONE
            self.made(await self.do("match_listener", listener))
            return
        if not self.offers:
            return
        contact, offer = next(iter(self.offers.items()))
        words = (offer["offer_id"], offer["listener_id"], offer["session_id"])
        assert await self.do("seen", words[0], words[2]) in {Step.DONE, Step.ALREADY}
        del self.offers[contact]
        if self.random.random() < 0.25:
            assert await self.do("decline", *words) == Step.DONE
            self.made(await self.do("match_contact", contact))
            return
        accepted = await self.do("accept", *words)
        assert accepted["step"] == Step.DONE
        assert accepted["contact_id"] == contact
        version = self.waiting.pop(contact) + 1
        assert await self.do("confirm", words[0], version) == Step.DONE
        self.served.add(contact)
        self.talking.append((words[1], contact, words[0]))

    async def sweep(self) -> None:
        self.pool.tick(self.random.choice([300, 300, 2_500]))
        report = await self.do("sweep")
        for offer in [*report["expired"], *report["unseen"], *report["withdrawn"]]:
            assert self.offers.pop(offer["contact_id"])["offer_id"] == offer["offer_id"]
        for offer in report["offered"]:
            self.made(offer)
        for name in LISTENERS:
            await self.do("heartbeat", ident(name), ident(f"s-{name}"))


@pytest.mark.parametrize("seed", [1, 2])
async def test_two_releases_serve_one_index_and_nobody_is_offered_twice_or_left(
    pool: Pool, redis_url: str, seed: int
) -> None:
    async with release_before(redis_url) as before:
        roll = Roll(pool, before, seed)
        epoch = await roll.do("begin_rebuild")
        await roll.do("end_rebuild", epoch)
        for name in LISTENERS:
            await roll.do("sign_in", name)
        arrived = 0
        for _ in range(STEPS):
            step = roll.random.random()
            if step < 0.3 and arrived < 60:
                arrived += 1
                await roll.arrive(arrived)
            elif step < 0.8:
                await roll.answer()
            else:
                await roll.sweep()
        for _ in range(400):
            if not roll.waiting:
                break
            await roll.answer()
            await roll.sweep()
        assert len(roll.served) == arrived
        assert min(roll.by.values()) > STEPS / 4
        for page in (
            await pool.router.index_contacts(),
            await before.do("index_contacts", now_ms=pool.now_ms),
        ):
            entries = page["entries"] if isinstance(page, dict) else page[0]
            assert list(entries) == []


async def test_words_of_a_later_release_are_passed_over(pool: Pool, redis_url: str) -> None:
    redis = Redis.from_url(redis_url, decode_responses=True)
    for name in ("anne", "bea"):
        await pool.sign_in(name, lease_ms=600_000)
    for name in ("c1", "c2"):
        await pool.arrive(name)
    one, other = await pool.match(), await pool.match()
    for kind, id_ in (
        ("offer", one.offer_id),
        ("contact", ident("c1")),
        ("listener", ident("anne")),
    ):
        await redis.hset(f"{{test}}:{kind}:{id_}", "moon", "full")
    await redis.hset(f"{{test}}:offer:{one.offer_id}", "state", "pondered")
    strange = uuid4()
    await redis.hset(f"{{test}}:offer:{strange}", mapping={"to": "nobody", "state": "offered"})
    await redis.zadd("{test}:offers", {str(strange): 1})
    await redis.hset(f"{{test}}:contact:{ident('c9')}", mapping={"version": "3", "flight": "BA1"})
    await redis.xadd("{test}:events", {"kind": "moonrise", "phase": "3"})
    await redis.xadd("{test}:events", {"kind": "lease_lost", "listener": str(ident("anne"))})
    await redis.aclose()

    found = await pool.router.offer(one.offer_id)
    assert found is not None
    assert found.state is OfferState.OTHER
    assert await pool.router.offer(strange) is None
    assert (await pool.router.accept(strange, uuid4(), uuid4())).step is Step.UNKNOWN
    assert await pool.arrive("c9") is Step.DONE
    pool.tick(60_000)
    report = await pool.router.sweep()
    assert [each.offer_id for each in [*report.unseen, *report.expired]] == [other.offer_id]
    events = RoutingEvents(pool.router._redis, small_plan()).listen("0-0")
    kinds = []
    async for event in events:
        kinds.append(event.kind)
        if event.kind is EventKind.LEASE_LOST:
            break
    await events.aclose()
    assert kinds[:2] == [EventKind.OFFERED, EventKind.OFFERED]


async def _left_by_the_first_release(redis: Any) -> None:
    for key, (kind, value) in json.loads(OLDEST.read_text()).items():
        if kind == "hash":
            await redis.hset(key, mapping=value)
        elif kind == "zset":
            await redis.zadd(key, dict(value))
        elif kind == "set":
            await redis.sadd(key, *value)
        else:
            assert kind == "stream"
            for fields in value:
                await redis.xadd(key, fields)


async def _all(redis: Any) -> dict[str, bytes]:
    return {key: await redis.dump(key) async for key in redis.scan_iter()}


async def test_an_index_of_another_format_is_left_alone_until_nobody_uses_it(
    pool: Pool, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis = Redis.from_url(redis_url)
    await _left_by_the_first_release(redis)
    before = await _all(redis)
    router = pool.router
    seconds = [100.0]
    monkeypatch.setattr(index_format, "monotonic", lambda: seconds[0])

    assert await router.format.look() == FIRST
    for act in (router.sweep(), router.match([CALL]), pool.arrive("new")):
        with pytest.raises(Unavailable) as refusal:
            await act
        assert refusal.value.code == "index_format"
    seconds[0] += 9
    await redis.hincrby("{test}:meta", "now", 9_000)  # somebody of that release still serves
    before |= {b"{test}:meta": await redis.dump("{test}:meta")}
    seconds[0] += 9
    with pytest.raises(Unavailable):
        await router.format.adopt()
    assert await _all(redis) == before, "not one key was touched"

    seconds[0] += 11
    assert await router.format.adopt()
    assert set(await _all(redis)) == {b"{test}:format"}
    assert await router.epoch() is None, "the reconciler fills it again"
    assert not await router.format.adopt()
    assert await pool.arrive("new") is Step.DONE
    await redis.set("{test}:format", FORMAT + 1)
    assert await router.format.look() == FORMAT + 1
    with pytest.raises(Unavailable):
        await router.sweep()
    await redis.aclose()


async def test_the_index_names_its_format_in_a_key(pool: Pool, redis_url: str) -> None:
    assert await pool.router.format.look() == FORMAT
    redis = Redis.from_url(redis_url, decode_responses=True)
    assert await redis.get("{test}:format") == str(FORMAT)
    await redis.flushall()  # a lost index is claimed again
    assert await pool.router.format.look() == FORMAT
    assert await redis.get("{test}:format") == str(FORMAT)
    await redis.aclose()
    assert UUID(await pool.router.begin_rebuild())
